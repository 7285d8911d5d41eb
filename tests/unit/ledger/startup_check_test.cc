// F20: a damaged file is found before it is served.
#include "services/ledger/sqlite/startup_check.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/synchronization/notification.h"
#include "common/base/fake_clock.h"
#include "common/base/status.h"
#include "gmock/gmock.h"
#include "services/ledger/sqlite/sqlite_job_store.h"
#include "tests/unit/ledger/started.h"
#include "tests/unit/sqlite/temp_dir.h"

namespace tms::ledger {
namespace {

using ::testing::HasSubstr;

class StartupCheckTest : public ::testing::Test {
 protected:
  StartupCheckTest() {
    auto store = Open(StartupCheck::kNone).value();
    for (int i = 0; i < 200; ++i) Record(*store, "job-" + std::to_string(i));
  }

  absl::StatusOr<std::unique_ptr<SqliteJobStore>> Open(StartupCheck check) {
    return SqliteJobStore::Open({.path = path_, .check = check}, clock_);
  }
  void Record(SqliteJobStore& store, const std::string& job_id) {
    absl::Notification done;
    const OwnerEvent event = MakeStarted(job_id, clock_.Now(), {"cid-1"});
    store.Record(event, [&](const absl::StatusOr<RecordResult>& result) {
      EXPECT_TRUE(result.ok()) << result.status();
      done.Notify();
    });
    done.WaitForNotification();
  }
  // Overwrites everything behind the first page, as a bad disk would.
  void Damage() {
    constexpr int kPageBytes = 4096;
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(kPageBytes);
    file << std::string(std::filesystem::file_size(path_) - kPageBytes, '\x5a');
  }

  std::string ReadAll() const {
    std::ostringstream bytes;
    bytes << std::ifstream(path_, std::ios::binary).rdbuf();
    return bytes.str();
  }

  const TempDir folder_;
  const std::string path_ = folder_.File("jobs.db");
  FakeClock clock_;
};

TEST_F(StartupCheckTest, ASoundFilePassesEveryCheck) {
  for (const StartupCheck check :
       {StartupCheck::kNone, StartupCheck::kQuick, StartupCheck::kFull}) {
    const auto store = Open(check);
    EXPECT_TRUE(store.ok()) << store.status();
  }
}

TEST_F(StartupCheckTest, F20_ADamagedFileIsNamedAndRefused) {
  Damage();
  for (const StartupCheck check : {StartupCheck::kQuick, StartupCheck::kFull}) {
    const absl::Status refused = Open(check).status();
    EXPECT_FALSE(refused.ok());
    EXPECT_THAT(std::string(Message(refused)), HasSubstr("malformed"));
  }
}

TEST_F(StartupCheckTest, F20_ATruncatedFileIsRefused) {
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) / 2);
  EXPECT_FALSE(Open(StartupCheck::kQuick).ok());
}

TEST_F(StartupCheckTest, F20_AFlippedBitInANewEventIsFoundAndTheFileLeftAsItIs) {
  std::string bytes = ReadAll();
  // Of an event, where SQLite itself can see nothing wrong.
  for (size_t at = 0; (at = bytes.find("STARTED", at)) != std::string::npos;) bytes[at + 6] = 'E';
  std::ofstream(path_, std::ios::binary) << bytes;
  for (const StartupCheck check : {StartupCheck::kQuick, StartupCheck::kFull}) {
    const absl::Status refused = Open(check).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(Message(refused)), HasSubstr("its content is not what was written"));
    EXPECT_EQ(ReadAll(), bytes);
  }
}

TEST_F(StartupCheckTest, F20_TheFullCheckFindsWhatWasChangedLongAgo) {
  auto store = Open(StartupCheck::kNone).value();
  for (int i = 200; i < 1'201; ++i) Record(*store, "job-" + std::to_string(i));
  store.reset();
  {
    auto connection = sqlite::Connection::Open(path_, sqlite::OpenMode::kCreateOrWrite).value();
    ASSERT_TRUE(connection
                    ->RunScript("DROP TRIGGER job_events_no_update;"
                                "UPDATE job_events SET actor = 'eve' WHERE number = 3")
                    .ok());
  }
  EXPECT_TRUE(Open(StartupCheck::kQuick).ok());
  EXPECT_THAT(std::string(Message(Open(StartupCheck::kFull).status())), HasSubstr("row 3 "));
}

TEST_F(StartupCheckTest, F20_TheFullCheckFindsACidWithoutItsJob) {
  {
    auto connection = sqlite::Connection::Open(path_, sqlite::OpenMode::kCreateOrWrite).value();
    ASSERT_TRUE(connection->Run("DELETE FROM jobs WHERE number = 1").ok());
  }
  const absl::Status refused = Open(StartupCheck::kFull).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(Message(refused)), HasSubstr("job_cids"));
}

}  // namespace
}  // namespace tms::ledger
