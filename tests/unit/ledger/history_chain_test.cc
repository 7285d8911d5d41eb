// The chain as the store writes it: without gaps, whatever is undone, migrated or written at once.
#include "services/ledger/sqlite/history_chain.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "common/base/fake_clock.h"
#include "common/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/ledger/sqlite/schema.h"
#include "services/ledger/sqlite/sqlite_job_store.h"
#include "tests/unit/sqlite/temp_dir.h"

namespace tms::ledger {
namespace {

using sqlite::Connection;
using ::testing::HasSubstr;

class HistoryChainTest : public ::testing::Test {
 protected:
  void Open() {
    auto store = SqliteJobStore::Open({.path = path_}, clock_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  std::unique_ptr<Connection> Connect() {
    return Connection::Open(path_, sqlite::OpenMode::kCreateOrWrite).value();
  }

  void RunSql(const std::string& sql) {
    const absl::Status status = Connect()->RunScript(sql);
    ASSERT_TRUE(status.ok()) << status;
  }

  // A database as version 1 of the schema left it, with `rows` in it.
  void MakeVersion1(const std::string& rows) {
    const sqlite::Schema& schema = LedgerSchema();
    const sqlite::Schema version1{.application_id = schema.application_id,
                                  .what = schema.what,
                                  .migrations = schema.migrations.first(1)};
    auto connection = Connect();
    ASSERT_TRUE(sqlite::Migrate(*connection, path_, 0, version1, clock_.Now()).ok());
    ASSERT_TRUE(connection->RunScript(rows).ok());
  }

  OwnerEvent Started(const std::string& job_id) const {
    return {.job_id = job_id,
            .event_seq = 1,
            .occurred_at = clock_.Now(),
            .owner = "owner-1",
            .incarnation = 1,
            .fact = JobStart{.user_id = "ann", .cids = {"c1"}, .timeout = absl::Seconds(30)}};
  }

  Verdict Record(OwnerEvent event) {
    Verdict verdict = Verdict::kInvalid;
    absl::Notification done;
    store_->Record(std::move(event), [&](const absl::StatusOr<RecordResult>& result) {
      if (result.ok()) verdict = result->verdict;
      done.Notify();
    });
    done.WaitForNotification();
    return verdict;
  }

  static Resolution ResolutionBy(const std::string& user_id, const std::string& job_id) {
    return {.job_id = job_id,
            .version = 1,
            .claim =
                [](const Job&) {
                  return Outcome{.status = JobStatus::kSuccess, .effect = Effect::kApplied};
                },
            .overdue = true,
            .user_id = user_id,
            .reason = "looked at the cluster"};
  }

  // Recomputes every row; the number of the last one, or of the first that is wrong, negated.
  int64_t Check() {
    auto connection = Connect();
    const std::string chain_id = ReadChainId(*connection).value();
    ChainHead head;
    for (bool more = true; more;) {
      more = false;
      for (const HistoryTable* table : {&JobEventsTable(), &AuditEventsTable()}) {
        bool good = true;
        const auto check = [&](const sqlite::Row& row) {
          if (row.Int(0) != head.number + 1) return false;
          const std::string digest = SaltedDigest(row.Text(1), EncodeContent(*table, row));
          head = {.number = head.number + 1,
                  .hash = LinkHash(chain_id, head.number + 1, head.hash, digest)};
          good = row.Text(2) == digest && row.Text(3) == head.hash;
          more = true;
          return good;
        };
        EXPECT_TRUE(
            connection->Visit(table->select_sql(), check, head.number, int64_t{1'000'000}).ok());
        if (!good) return -head.number;
      }
    }
    EXPECT_EQ(ReadChainHead(*connection)->number, head.number) << "a gap";
    return head.number;
  }

  TempDir dir_;
  const std::string path_ = dir_.File("jobs.db");
  FakeClock clock_;
  std::unique_ptr<SqliteJobStore> store_;
};

TEST(HistoryChainBytesTest, ContentIsTableThenNameTypeAndValueOfEachColumnThatIsNotNull) {
  ContentEncoder content("t");
  content.Add("a", sqlite::ValueType::kText, 0, "x");
  content.Add("b", sqlite::ValueType::kNull, 0, "");
  content.Add("c", sqlite::ValueType::kInteger, -12, "");
  content.Add("d", sqlite::ValueType::kBlob, 0, "yz");
  EXPECT_EQ(HexEncode(content.bytes()),
            "0000000000000001"
            "74"
            "0000000000000001"
            "61"
            "0000000000000001"
            "74"
            "0000000000000001"
            "78"
            "0000000000000001"
            "63"
            "0000000000000001"
            "69"
            "0000000000000003"
            "2d3132"
            "0000000000000001"
            "64"
            "0000000000000001"
            "62"
            "0000000000000002"
            "797a");
}

TEST(HistoryChainBytesTest, DigestAndHashAreThoseOfTheDocumentsExample) {
  const std::string digest = SaltedDigest(std::string(kSaltBytes, '\1'), "content");
  EXPECT_EQ(HexEncode(digest), "bbf4f7dcac29e0c2e8abd4f1700ec5e69914fc3d372e5efcce814adc563657f8");
  EXPECT_EQ(HexEncode(LinkHash("chain", 1, ChainHead{}.hash, digest)),
            "b8c0d1a1a25b19ad3f760f345ae19c2b617563ec2934e30e9467d73f12579619");
}

TEST_F(HistoryChainTest, S24_RowsOfBothTablesAreOneChain) {
  Open();
  EXPECT_EQ(Record(Started("job-1")), Verdict::kApplied);
  absl::Notification done;
  store_->Resolve(ResolutionBy("admin", "job-1"),
                  [&](const absl::StatusOr<Job>&) { done.Notify(); });
  done.WaitForNotification();
  EXPECT_EQ(Record(Started("job-2")), Verdict::kApplied);
  store_.reset();
  EXPECT_EQ(Check(), 4);
  Open();
  EXPECT_EQ(Record(Started("job-3")), Verdict::kApplied);
  EXPECT_EQ(Check(), 5);
}

TEST_F(HistoryChainTest, S24_EachLedgerHasAChainOfItsOwnAndEachRowASalt) {
  Open();
  Record(Started("job-1"));
  Record(Started("job-2"));
  auto other = SqliteJobStore::Open({.path = dir_.File("other.db")}, clock_);
  ASSERT_TRUE(other.ok());
  auto other_connection =
      Connection::Open(dir_.File("other.db"), sqlite::OpenMode::kReadOnly).value();
  EXPECT_NE(ReadChainId(*Connect()).value(), ReadChainId(*other_connection).value());
  EXPECT_EQ(Connect()->ReadInt("SELECT count(DISTINCT salt) FROM job_events").value(), 2);
}

// What an item wrote before it failed is undone, and so is its place in the chain; those that share
// its transaction keep theirs.
TEST_F(HistoryChainTest, ChainSurvivesTheRollbackOfItemsInTheMiddleOfAGroup) {
  Open();
  store_.reset();
  RunSql(
      "CREATE TRIGGER fault BEFORE INSERT ON audit_events WHEN NEW.user_id = 'fault' "
      "BEGIN SELECT RAISE(ABORT, 'fault'); END");
  Open();
  constexpr int kRounds = 40;
  absl::BlockingCounter answers(2 * kRounds);
  std::atomic<int> failed = 0;
  for (int round = 0; round < kRounds; ++round) {
    const std::string job_id = "job-" + std::to_string(round);
    store_->Record(Started(job_id),
                   [&](const absl::StatusOr<RecordResult>&) { answers.DecrementCount(); });
    store_->Resolve(ResolutionBy(round % 2 == 0 ? "fault" : "admin", job_id),
                    [&](const absl::StatusOr<Job>& job) {
                      if (!job.ok()) ++failed;
                      answers.DecrementCount();
                    });
  }
  answers.Wait();
  EXPECT_EQ(failed, kRounds / 2);
  EXPECT_EQ(Check(), kRounds + 2 * (kRounds / 2));
}

TEST_F(HistoryChainTest, ChainSurvivesTheRollbackOfAWholeGroup) {
  Open();
  Record(Started("job-0"));
  store_.reset();
  auto connection = Connect();
  HistoryChain chain(ReadChainId(*connection).value());
  const auto append = [&](const char* user_id) {
    return chain.Append(*connection, AuditEventsTable(), "2027-01-15T08:00:00.000000Z", user_id,
                        "LOGIN", std::nullopt, std::nullopt, true, std::nullopt, std::nullopt,
                        std::nullopt, std::nullopt, std::nullopt, std::nullopt);
  };
  ASSERT_TRUE(connection->Run("BEGIN IMMEDIATE").ok());
  ASSERT_TRUE(append("ann").ok());
  ASSERT_TRUE(append("bob").ok());
  ASSERT_TRUE(connection->Run("ROLLBACK").ok());
  chain.Forget();
  ASSERT_TRUE(append("eve").ok());
  EXPECT_EQ(Check(), 2);
}

TEST_F(HistoryChainTest, ARowWithoutAValueForEachColumnIsNotAppended) {
  Open();
  store_.reset();
  auto connection = Connect();
  HistoryChain chain(ReadChainId(*connection).value());
  EXPECT_EQ(chain.Append(*connection, AuditEventsTable(), "2027-01-15T08:00:00.000000Z").code(),
            absl::StatusCode::kInternal);
  EXPECT_EQ(Check(), 0);
}

TEST_F(HistoryChainTest, ChainHasNoGapUnderConcurrentLoad) {
  Open();
  constexpr int kThreads = 4;
  constexpr int kEvents = 150;
  absl::BlockingCounter answers(kThreads * kEvents);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kEvents; ++i) {
        store_->Record(Started(std::to_string(thread) + "-" + std::to_string(i)),
                       [&](const absl::StatusOr<RecordResult>&) { answers.DecrementCount(); });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  answers.Wait();
  EXPECT_EQ(Check(), kThreads * kEvents);
}

constexpr char kJobEventColumns[] =
    "INSERT INTO job_events(number, job_id, kind, occurred_at, recorded_at, actor, verdict, "
    "status) VALUES";
constexpr char kAuditColumns[] =
    "INSERT INTO audit_events(number, occurred_at, user_id, action, success) VALUES";

TEST_F(HistoryChainTest, RowsOfVersion1AreChainedWhenItIsMigrated) {
  const std::string event = "'job-1', 'STARTED', 't', 't', 'owner', 'APPLIED', 'IN_PROGRESS')";
  MakeVersion1(std::string(kJobEventColumns) + "(1, " + event + ",(2, " + event + ",(4, " + event +
               ";" + kAuditColumns + "(3, 't', 'ann', 'LOGIN', 1),(5, 't', 'ann', 'LOGIN', 0)");
  Open();
  EXPECT_TRUE(store_->backup_path().has_value());
  EXPECT_EQ(Check(), 5);
  EXPECT_EQ(Record(Started("job-2")), Verdict::kApplied);
  EXPECT_EQ(Check(), 6);
  for (const char* table : {"job_events", "audit_events"}) {
    const absl::Status status =
        Connect()->RunScript("UPDATE " + std::string(table) + " SET hash = NULL");
    EXPECT_THAT(status.ToString(), HasSubstr("append-only"));
  }
}

TEST_F(HistoryChainTest, HistoryOfVersion1WithARowMissingIsNamedNotChained) {
  const std::string event = "'job-1', 'STARTED', 't', 't', 'owner', 'APPLIED', 'IN_PROGRESS')";
  MakeVersion1(std::string(kJobEventColumns) + "(1, " + event + ",(3, " + event);
  const auto store = SqliteJobStore::Open({.path = path_}, clock_);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(Message(store.status())), HasSubstr("no row 2"));
  EXPECT_EQ(Connect()->ReadInt("PRAGMA user_version").value(), 1);
}

TEST_F(HistoryChainTest, RefusedEventsOfOneJobFillTheHistoryNoFurtherThanSixteenRows) {
  Open();
  Record(Started("job-1"));
  for (int i = 0; i < 40; ++i) {
    OwnerEvent other = Started("job-1");
    std::get<JobStart>(other.fact).cids = {"other-" + std::to_string(i)};
    EXPECT_EQ(Record(other), Verdict::kRejected);
  }
  EXPECT_EQ(Check(), 17);
  auto connection = Connect();
  EXPECT_EQ(connection->ReadInt("SELECT count FROM job_refusals WHERE job_id = 'job-1'").value(),
            40);
  EXPECT_EQ(connection
                ->ReadInt("SELECT count(*) FROM job_events WHERE detail LIKE "
                          "'%; later refusals of this job are only counted'")
                .value(),
            1);
}

TEST_F(HistoryChainTest, RefusedStartsOfAFencedOwnerFillTheHistoryNoFurtherThanSixteenRows) {
  Open();
  absl::Notification settled;
  store_->Settle({.owner = "owner-1", .incarnation = 2, .message = "ended", .limit = 10},
                 [&](const absl::StatusOr<SettledJobs>&) { settled.Notify(); });
  settled.WaitForNotification();
  const int64_t before = Check();
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(Record(Started("job-" + std::to_string(i))), Verdict::kRejected);
  }
  EXPECT_EQ(Check(), before + 16);
  EXPECT_EQ(Connect()->ReadInt("SELECT count FROM job_refusals WHERE job_id = 'owner-1'").value(),
            40);
}

}  // namespace
}  // namespace tms::ledger
