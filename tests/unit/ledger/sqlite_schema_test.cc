// jobs.db as people see it: through the sqlite3 shell, while the store has it open.
#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "common/base/fake_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/ledger/sqlite/sqlite_job_store.h"
#include "tests/unit/ledger/started.h"
#include "tests/unit/sqlite/temp_dir.h"

namespace tms::ledger {
namespace {

using ::testing::HasSubstr;

class SqliteSchemaTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto store = SqliteJobStore::Open({.path = path_}, clock_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  // What `sqlite3 <flags> jobs.db` prints for `sql`, errors included.
  std::string Shell(const std::string& sql, const std::string& flags = "-readonly") {
    const std::string command = "sqlite3 " + flags + " '" + path_ + "' \"" + sql + "\" 2>&1";
    FILE* const pipe = ::popen(command.c_str(), "r");
    std::string output;
    std::array<char, 4096> buffer;
    while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) output += buffer.data();
    ::pclose(pipe);
    return output;
  }

  void Start(const std::string& job_id, std::vector<std::string> cids = {"c1", "c2"}) {
    Record(MakeStarted(job_id, clock_.Now(), std::move(cids)));
    clock_.Advance(absl::Seconds(1));
  }

  void Finish(const std::string& job_id, const Outcome& outcome) {
    Record({.job_id = job_id,
            .event_seq = 2,
            .occurred_at = clock_.Now(),
            .owner = "owner-1",
            .incarnation = 1,
            .fact = JobFinish{.outcome = outcome, .elapsed = absl::Milliseconds(280)}});
  }

  void Record(OwnerEvent event) {
    absl::Notification done;
    store_->Record(std::move(event), [&](const absl::StatusOr<RecordResult>& result) {
      EXPECT_TRUE(result.ok() && result->verdict == Verdict::kApplied) << result.status();
      done.Notify();
    });
    done.WaitForNotification();
  }

  void MakeOneOfEach() {
    Start("job-open");
    Start("job-good");
    Finish("job-good",
           {.status = JobStatus::kSuccess, .http_status = 200, .effect = Effect::kApplied});
    Start("job-bad");
    Finish("job-bad", {.status = JobStatus::kFailed,
                       .http_status = 401,
                       .failure_reason = FailureReason::kHttpError,
                       .effect = Effect::kNotApplied,
                       .error_message = "API returned status 401: Unauthorized"});
  }

  TempDir dir_;
  const std::string path_ = dir_.File("jobs.db");
  FakeClock clock_;
  std::unique_ptr<SqliteJobStore> store_;
};

TEST_F(SqliteSchemaTest, OperatorsViewAllJobsWithTheirStatus) {
  MakeOneOfEach();
  EXPECT_EQ(Shell("SELECT job_id, user_id, action_name, status, http_status, error_message, "
                  "created_at, updated_at\n"
                  "FROM jobs\nORDER BY created_at DESC\nLIMIT 20;"),
            "job-bad|ann|T-Enable|FAILED|401|API returned status 401: Unauthorized|"
            "2027-01-15T08:00:02.000000Z|2027-01-15T08:00:03.000000Z\n"
            "job-good|ann|T-Enable|SUCCESS|200||2027-01-15T08:00:01.000000Z|"
            "2027-01-15T08:00:02.000000Z\n"
            "job-open|ann|T-Enable|IN_PROGRESS|||2027-01-15T08:00:00.000000Z|"
            "2027-01-15T08:00:00.000000Z\n");
}

TEST_F(SqliteSchemaTest, OperatorsFindAllFailedJobs) {
  MakeOneOfEach();
  EXPECT_EQ(Shell("SELECT job_id, action_name, http_status, error_message, created_at\n"
                  "FROM jobs\nWHERE status = 'FAILED'\nORDER BY created_at DESC;"),
            "job-bad|T-Enable|401|API returned status 401: Unauthorized|"
            "2027-01-15T08:00:02.000000Z\n");
}

TEST_F(SqliteSchemaTest, OperatorsFindJobsByHttpStatus) {
  MakeOneOfEach();
  EXPECT_EQ(Shell("SELECT job_id, action_name, error_message, created_at\n"
                  "FROM jobs\nWHERE http_status = 401\nORDER BY created_at DESC;"),
            "job-bad|T-Enable|API returned status 401: Unauthorized|"
            "2027-01-15T08:00:02.000000Z\n");
}

TEST_F(SqliteSchemaTest, ColumnsOfTheReplacedSystemAreAllThere) {
  MakeOneOfEach();
  EXPECT_EQ(Shell("SELECT job_id, user_id, batch_id, action_code, action_name, cluster_url, "
                  "created_at, request_payload, response_summary, status, http_status, "
                  "error_message, updated_at FROM jobs WHERE job_id = 'job-open'"),
            "job-open|ann||3|T-Enable|https://east.example|2027-01-15T08:00:00.000000Z|"
            "{\"action\": \"T-Enable\", \"cids\": [\"c1\", \"c2\"]}||IN_PROGRESS|||"
            "2027-01-15T08:00:00.000000Z\n");
  EXPECT_EQ(Shell("SELECT job_id, cid FROM job_customers WHERE job_id = 'job-good'"),
            "job-good|c1\njob-good|c2\n");
  EXPECT_EQ(Shell("SELECT job_id FROM job_customers WHERE cid = 'c2' ORDER BY job_id"),
            "job-bad\njob-good\njob-open\n");
}

TEST_F(SqliteSchemaTest, AbsentTextIsNull) {
  Start("job-open");
  EXPECT_EQ(Shell("SELECT count(*) FROM jobs WHERE batch_id IS NULL AND request_id IS NULL AND "
                  "request_claim IS NULL AND failure_reason IS NULL AND effect IS NULL AND "
                  "outcome_source IS NULL AND error_message IS NULL AND source_ip IS NULL AND "
                  "rerun_of IS NULL AND twin_of IS NULL"),
            "1\n");
}

TEST_F(SqliteSchemaTest, CidsOfLargeJobsAreStoredOnce) {
  Start("small", std::vector<std::string>(100, "cid"));
  Start("large", std::vector<std::string>(101, "cid"));
  EXPECT_EQ(Shell("SELECT job_id, request_payload IS NULL FROM jobs ORDER BY number"),
            "small|0\nlarge|1\n");
  EXPECT_EQ(Shell("SELECT job_id, cid_count, length(cids_digest) FROM job_events ORDER BY number"),
            "small|100|32\nlarge|101|32\n");
}

TEST_F(SqliteSchemaTest, HistoryCanOnlyGrow) {
  Start("job-open");
  absl::Notification done;
  store_->Resolve({.job_id = "job-open",
                   .version = 1,
                   .claim =
                       [](const Job&) {
                         return Outcome{.status = JobStatus::kSuccess, .effect = Effect::kApplied};
                       },
                   .overdue = true,
                   .user_id = "admin",
                   .reason = "looked at the cluster",
                   .source_ip = "10.0.0.1"},
                  [&](const absl::StatusOr<Job>&) { done.Notify(); });
  done.WaitForNotification();
  const std::string history = "SELECT * FROM job_events; SELECT * FROM audit_events";
  const std::string before = Shell(history);
  for (const char* table : {"job_events", "audit_events"}) {
    const std::string name = table;
    EXPECT_THAT(Shell("UPDATE " + name + " SET detail = 'x'", ""), HasSubstr("append-only"));
    EXPECT_THAT(Shell("DELETE FROM " + name, ""), HasSubstr("append-only"));
  }
  EXPECT_EQ(Shell(history), before);
}

TEST_F(SqliteSchemaTest, ResolutionIsAuditedWithWhoWhenWhyAndWhat) {
  Start("job-open");
  absl::Notification done;
  store_->Resolve({.job_id = "job-open",
                   .version = 1,
                   .claim =
                       [](const Job&) {
                         return Outcome{.status = JobStatus::kSuccess, .effect = Effect::kApplied};
                       },
                   .overdue = true,
                   .user_id = "admin",
                   .reason = "looked at the cluster",
                   .source_ip = "10.0.0.1"},
                  [&](const absl::StatusOr<Job>& job) {
                    EXPECT_TRUE(job.ok()) << job.status();
                    done.Notify();
                  });
  done.WaitForNotification();
  EXPECT_EQ(Shell("SELECT number, occurred_at, user_id, action, target, source_ip, success, detail "
                  "FROM audit_events"),
            "3|2027-01-15T08:00:01.000000Z|admin|UPDATE_JOB|job-open|10.0.0.1|1|"
            "looked at the cluster; from IN_PROGRESS to SUCCESS effect APPLIED\n");
}

TEST_F(SqliteSchemaTest, FileIsSoundKnownAndInWalMode) {
  MakeOneOfEach();
  EXPECT_EQ(Shell("PRAGMA integrity_check"), "ok\n");
  EXPECT_EQ(Shell("PRAGMA foreign_key_check"), "");
  EXPECT_EQ(Shell("PRAGMA journal_mode"), "wal\n");
  EXPECT_EQ(Shell("PRAGMA user_version"), "3\n");
  EXPECT_EQ(Shell("PRAGMA application_id"), "1414353740\n");
  EXPECT_EQ(Shell("SELECT key FROM ledger_meta"), "chain_id\ncreated_at\nepoch\npage_token_key\n");
}

TEST_F(SqliteSchemaTest, OrderlyEndLeavesOneFileAndItsLock) {
  MakeOneOfEach();
  store_.reset();
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal"));
  EXPECT_TRUE(std::filesystem::exists(path_ + ".lock"));
  EXPECT_EQ(Shell("SELECT count(*) FROM jobs"), "3\n");
}

}  // namespace
}  // namespace tms::ledger
