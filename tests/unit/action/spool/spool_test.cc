// The spool's contract for both implementations, and what only a file can do.
#include <sqlite3.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/base/clock.h"
#include "common/sqlite/connection.h"
#include "common/sqlite/errors.h"
#include "services/action/spool/sqlite_spool.h"
#include "tests/unit/action/spool/fake_spool.h"
#include "tests/unit/action/spool/spool_contract.h"
#include "tests/unit/sqlite/fault_vfs.h"
#include "tests/unit/sqlite/temp_dir.h"

namespace tms::action {
namespace {

using ::testing::HasSubstr;

struct InMemory {
  Spool& spool() { return spool_; }
  FakeSpool spool_;
};

struct OnDisk {
  Spool& spool() { return *spool_; }
  TempDir directory_;
  std::unique_ptr<SqliteSpool> spool_ =
      *SqliteSpool::Open({.path = directory_.File("spool.db")}, SystemClock());
};

using Spools = ::testing::Types<InMemory, OnDisk>;
INSTANTIATE_TYPED_TEST_SUITE_P(Spools, SpoolContract, Spools);

class SpoolFileTest : public ::testing::Test {
 protected:
  void TearDown() override {
    sqlite::FaultVfs::FailSyncs(0);
    sqlite::FaultVfs::FailWrites(0);
  }

  absl::StatusOr<std::unique_ptr<SqliteSpool>> Open() {
    return SqliteSpool::Open({.path = path_,
                              .on_failure = [this](const absl::Status&) { failed_ = true; },
                              .vfs = sqlite::FaultVfs::Name()},
                             SystemClock());
  }
  absl::Status Put(Spool& spool, std::vector<EventMessage> events) {
    return Await(context_, spool.Put(std::move(events)));
  }
  void Fill() {
    const auto spool = *Open();
    ASSERT_TRUE(Put(*spool, {MakeStart("a", "", true, 20'000), MakeFinish("a")}).ok());
  }
  // A spool with three starts in its log, as a killed process leaves it.
  std::string KilledWithALog() {
    std::string copy = directory_.File("copy.db");
    const auto spool = *Open();
    for (const char* job : {"a", "b", "c"}) {
      EXPECT_TRUE(Put(*spool, {MakeStart(job)}).ok());
    }
    std::filesystem::copy_file(path_, copy);
    std::filesystem::copy_file(path_ + "-wal", copy + "-wal");
    return copy;
  }
  static void SpoilFrame(const std::string& path, int frame) {
    constexpr int kLogHead = 32, kFrameHead = 24, kPage = 4096;
    std::fstream log(path + "-wal", std::ios::binary | std::ios::in | std::ios::out);
    log.seekp(kLogHead + frame * (kFrameHead + kPage) + kFrameHead + 200);
    log.put('!');
  }
  std::string Bytes() const {
    std::ostringstream bytes;
    bytes << std::ifstream(path_).rdbuf();
    return bytes.str();
  }
  // Opening must fail, say `why`, and change nothing.
  void ExpectRefused(absl::StatusCode code, const std::string& why) {
    const std::string before = Bytes();
    const auto spool = Open();
    ASSERT_FALSE(spool.ok());
    EXPECT_EQ(spool.status().code(), code);
    EXPECT_THAT(std::string(Message(spool.status())), HasSubstr(why));
    EXPECT_THAT(std::string(Message(spool.status())), HasSubstr(path_));
    EXPECT_EQ(Bytes(), before);
  }

  TempDir directory_;
  const std::string path_ = directory_.File("spool.db");
  boost::asio::io_context context_;
  std::atomic<bool> failed_ = false;
};

TEST_F(SpoolFileTest, WhatWasPutIsThereAfterARestart) {
  Fill();
  const auto spool = *Open();
  EXPECT_THAT(*Await(context_, spool->Next(0, 1 << 20)), SizeIs(2));
  EXPECT_EQ(spool->usage().events, 2);
  EXPECT_EQ(spool->usage().last_position, 2);
  EXPECT_GT(spool->usage().bytes, 20'000);
}

TEST_F(SpoolFileTest, AnAlteredEventIsFoundAtTheStartF20) {
  Fill();
  std::string bytes = Bytes();
  const size_t cid = bytes.find(std::string(1000, '7'));
  ASSERT_NE(cid, std::string::npos);
  bytes[cid + 500] = '8';
  std::ofstream(path_, std::ios::binary) << bytes;
  ExpectRefused(absl::StatusCode::kDataLoss, "event 1 was altered");
}

TEST_F(SpoolFileTest, ATruncatedFileIsFoundAtTheStartF20) {
  Fill();
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 3 * 4096);
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "malformed");
}

TEST_F(SpoolFileTest, AMissingOrEmptyFileIsFoundWhereOneIsExpectedF20) {
  const auto open = [&](bool accept_loss) {
    return SqliteSpool::Open({.path = path_, .expected = true, .accept_loss = accept_loss},
                             SystemClock());
  };
  for (const bool there : {false, true}) {
    if (there) std::ofstream(path_).close();
    const auto spool = open(false);
    EXPECT_EQ(Reason(spool.status()), "SPOOL_LOST");
    EXPECT_THAT(std::string(Message(spool.status())), HasSubstr(path_ + " is missing or empty"));
    EXPECT_EQ(std::filesystem::exists(path_), there);
  }
  EXPECT_TRUE(open(true).ok());
  EXPECT_TRUE(open(false).ok());
}

TEST_F(SpoolFileTest, AcknowledgedEventsThatTheLogHasLostAreFoundAtTheStartF20) {
  const std::string copy = KilledWithALog();
  SpoilFrame(copy, 1);
  const auto open = [&](bool accept_loss) {
    return SqliteSpool::Open({.path = copy, .accept_loss = accept_loss}, SystemClock());
  };
  const auto refused = open(false);
  EXPECT_EQ(Reason(refused.status()), "SPOOL_LOST");
  EXPECT_THAT(std::string(Message(refused.status())), HasSubstr("commits behind it"));
  const auto accepted = open(true);
  ASSERT_TRUE(accepted.ok()) << accepted.status();
  EXPECT_LT((*accepted)->usage().events, 3);
}

// As a power loss may leave it: the rest is the old log's, and in the file already.
TEST_F(SpoolFileTest, ALogWhoseFirstFrameIsBadMayHaveBeenBegunAnewF13) {
  const std::string copy = KilledWithALog();
  SpoilFrame(copy, 0);
  EXPECT_TRUE(SqliteSpool::Open({.path = copy}, SystemClock()).ok());
}

TEST_F(SpoolFileTest, AnOlderCopyIsFoundAtTheStartF20) {
  const auto open = [&](int64_t start, int64_t expected_start, bool accept_loss = false) {
    return SqliteSpool::Open({.path = path_,
                              .start = start,
                              .expected_start = expected_start,
                              .accept_loss = accept_loss},
                             SystemClock());
  };
  EXPECT_EQ((*open(1, 0))->last_start(), 1);
  const std::string older = directory_.File("older.db");
  std::filesystem::copy_file(path_, older);
  EXPECT_EQ((*open(2, 1))->last_start(), 2);
  EXPECT_TRUE(open(3, 1).ok()) << "the owner's file may be older";
  std::filesystem::copy_file(older, path_, std::filesystem::copy_options::overwrite_existing);
  const auto refused = open(3, 2);
  EXPECT_EQ(Reason(refused.status()), "SPOOL_LOST");
  EXPECT_THAT(std::string(Message(refused.status())), HasSubstr("start 1 of this instance"));
  EXPECT_EQ((*open(3, 2, true))->last_start(), 3);
  EXPECT_TRUE(open(4, 3).ok());
}

TEST_F(SpoolFileTest, AStartWhoseSyncFailsIsRefusedF12) {
  const std::string copy = KilledWithALog();
  sqlite::FaultVfs::FailSyncs(SQLITE_IOERR_FSYNC);
  const auto spool =
      SqliteSpool::Open({.path = copy, .vfs = sqlite::FaultVfs::Name()}, SystemClock());
  EXPECT_EQ(sqlite::KindOf(spool.status()), sqlite::ErrorKind::kBroken) << spool.status();
}

TEST_F(SpoolFileTest, AForeignFileIsRefusedF20) {
  std::ofstream(path_) << "this is a shopping list, not a database, and long enough to be one";
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "is not a spool");
}

TEST_F(SpoolFileTest, AnotherProgramsDatabaseIsRefusedF20) {
  {
    auto connection = *sqlite::Connection::Open(path_, sqlite::OpenMode::kCreateOrWrite);
    ASSERT_TRUE(connection->RunScript("CREATE TABLE events(position)").ok());
  }
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "is not a spool");
}

TEST_F(SpoolFileTest, ANewerSpoolIsRefusedF23) {
  Fill();
  {
    auto connection = *sqlite::Connection::Open(path_, sqlite::OpenMode::kCreateOrWrite);
    ASSERT_TRUE(connection->RunScript("PRAGMA user_version=7").ok());
  }
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "schema version 7");
}

TEST_F(SpoolFileTest, AColumnsDamagedNameIsRefusedF20) {
  ASSERT_TRUE(Open().ok());
  for (const auto& [table, column] :
       {std::pair("spool_meta", "key"), {"events", "cost"}, {"dead_letters", "detail"}}) {
    const auto rename = [&](const std::string& from, const std::string& to) {
      auto connection = *sqlite::Connection::Open(path_, sqlite::OpenMode::kCreateOrWrite);
      ASSERT_TRUE(connection
                      ->RunScript("PRAGMA writable_schema=ON;"
                                  "UPDATE sqlite_schema SET sql = replace(sql, '" +
                                  from + "', '" + to + "') WHERE name = '" + table + "'")
                      .ok());
    };
    rename(std::string("  ") + column + " ", "  damaged ");
    ExpectRefused(absl::StatusCode::kDataLoss, "is damaged");
    rename("  damaged ", std::string("  ") + column + " ");
  }
  EXPECT_TRUE(Open().ok());
}

TEST_F(SpoolFileTest, AnEarlierVersionsDeadLettersHoldTheirRequestIdsToo) {
  {
    const auto spool = *Open();
    ASSERT_TRUE(Await(context_, spool->Bury(MakeStart("a", "r1"), "INVALID", "")).ok());
  }
  {
    auto connection = *sqlite::Connection::Open(path_, sqlite::OpenMode::kCreateOrWrite);
    ASSERT_TRUE(connection
                    ->RunScript("DROP TABLE spool_meta;"
                                "DROP INDEX dead_letters_by_request;"
                                "ALTER TABLE dead_letters DROP COLUMN request_id;"
                                "ALTER TABLE dead_letters DROP COLUMN user_id;"
                                "PRAGMA user_version=1")
                    .ok());
  }
  const auto spool = *Open();
  const auto found = *Await(context_, spool->FindRequest("ada", "r1"));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->started.job_id(), "a");
}

TEST_F(SpoolFileTest, AFailedSyncAcksNobodyAndEndsAllWritingF12) {
  const auto spool = *Open();
  sqlite::FaultVfs::FailSyncs(SQLITE_IOERR_FSYNC);
  EXPECT_EQ(Put(*spool, {MakeStart("a")}).code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(failed_);
  sqlite::FaultVfs::FailSyncs(SQLITE_OK);
  EXPECT_EQ(Put(*spool, {MakeStart("b")}).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(spool->usage().events, 0);
}

TEST_F(SpoolFileTest, AFullDiskRefusesWithoutEndingF10) {
  const auto spool = *Open();
  sqlite::FaultVfs::FailWrites(SQLITE_FULL);
  const absl::Status full = Put(*spool, {MakeStart("a")});
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Reason(full), "SPOOL_FULL");
  sqlite::FaultVfs::FailWrites(SQLITE_OK);
  EXPECT_TRUE(Put(*spool, {MakeStart("a")}).ok());
  EXPECT_FALSE(failed_);
}

TEST_F(SpoolFileTest, RoomForOutcomesIsTakenFromTheDiskAtTheStartF10) {
  constexpr int64_t kOutcomes = 4 << 20;
  const auto spool = *SqliteSpool::Open({.path = path_, .outcome_bytes = kOutcomes}, SystemClock());
  const auto allocated = [](const std::string& path) {
    struct stat info = {};
    EXPECT_EQ(stat(path.c_str(), &info), 0);
    return info.st_blocks * 512;
  };
  EXPECT_GE(allocated(path_), kOutcomes);
  EXPECT_GE(allocated(path_ + "-wal"), 2 * kOutcomes);
  EXPECT_LT(std::filesystem::file_size(path_), kOutcomes);
}

}  // namespace
}  // namespace tms::action
