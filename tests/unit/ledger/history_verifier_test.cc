// S24: whoever changes the history, or jobs against it, is found, and the first wrong row named.
#include "services/ledger/offline/history_verifier.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "common/base/fake_clock.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/ledger/anchor_writer.h"
#include "services/ledger/sqlite/sqlite_job_store.h"
#include "tests/unit/ledger/started.h"
#include "tests/unit/sqlite/temp_dir.h"

namespace tms::ledger {
namespace {

using sqlite::Connection;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr char kDropTriggers[] =
    "DROP TRIGGER job_events_no_update; DROP TRIGGER job_events_no_delete;"
    "DROP TRIGGER audit_events_no_update; DROP TRIGGER audit_events_no_delete;";

class HistoryVerifierTest : public ::testing::Test {
 protected:
  // Job 1 ends well, 2 is presumed, then told, 3 is presumed, then resolved, 4 is open; there are a
  // refused event and an audit record of somebody else. Rows 1 to 12; then the ledger ends.
  void SetUp() override {
    anchors_ = std::make_unique<AnchorWriter>(
        AnchorWriter::Options{.path = anchors_path_, .key_path = dir_.File("key")}, clock_);
    auto store =
        SqliteJobStore::Open({.path = path_,
                              .on_append =
                                  [this](const std::string& chain_id, const ChainHead& head) {
                                    anchors_->Advance(chain_id, head.number, head.hash);
                                  }},
                             clock_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    public_key_ = anchors_->Start().value();
    MakeJobs();
    store_.reset();
    anchors_.reset();
  }

  void MakeJobs() {
    Start("job-1");                                                                   // 1
    Finish("job-1", {.status = JobStatus::kSuccess, .effect = Effect::kApplied});     // 2
    Finish("job-1", {.status = JobStatus::kSuccess, .effect = Effect::kApplied}, 3);  // 3: refused
    Start("job-2");                                                                   // 4
    Presume("job-2");                                                                 // 5
    Finish("job-2", {.status = JobStatus::kFailed,
                     .http_status = 503,
                     .failure_reason = FailureReason::kHttpError,
                     .effect = Effect::kUnknown,
                     .error_message = "API returned status 503"});  // 6
    Start("job-3");                                                 // 7
    Presume("job-3");                                               // 8
    Resolve("job-3");                                               // 9, 10: audit
    Audit();                                                        // 11
    Start("job-4");                                                 // 12
  }

  template <typename Call>
  void Wait(Call call) {
    absl::Notification done;
    call([&](const auto& result) {
      EXPECT_TRUE(result.ok()) << result.status();
      done.Notify();
    });
    done.WaitForNotification();
    clock_.Advance(absl::Seconds(1));
  }

  void Start(const std::string& job_id) {
    OwnerEvent event = MakeStarted(job_id, clock_.Now(), {"c1", "c2"});
    Wait([&](auto done) { store_->Record(std::move(event), std::move(done)); });
  }
  void Finish(const std::string& job_id, const Outcome& outcome, int64_t event_seq = 2) {
    OwnerEvent event{.job_id = job_id,
                     .event_seq = event_seq,
                     .occurred_at = clock_.Now(),
                     .owner = "owner-1",
                     .incarnation = 1,
                     .fact = JobFinish{.outcome = outcome,
                                       .response_summary = "{\"success\": true}",
                                       .elapsed = absl::Milliseconds(280)}};
    Wait([&](auto done) { store_->Record(std::move(event), std::move(done)); });
  }
  void Presume(const std::string& job_id) {
    Wait([&](auto done) { store_->Presume(job_id, "no outcome was reported", std::move(done)); });
  }
  void Resolve(const std::string& job_id) {
    Resolution resolution{.job_id = job_id,
                          .version = 2,
                          .claim =
                              [](const Job&) {
                                return Outcome{.status = JobStatus::kSuccess,
                                               .effect = Effect::kApplied};
                              },
                          .overdue = true,
                          .user_id = "admin",
                          .reason = "looked at the cluster"};
    Wait([&](auto done) { store_->Resolve(std::move(resolution), std::move(done)); });
  }
  void Audit() {
    AuditRecord record{.occurred_at = clock_.Now(),
                       .user_id = "bob",
                       .action = "EXPORT",
                       .success = true,
                       .customer_ids = {"c1", "c2"}};
    Wait([&](auto done) { store_->RecordAudit(std::move(record), std::move(done)); });
  }

  void RunSql(const std::string& sql) {
    auto connection = Connection::Open(path_, sqlite::OpenMode::kCreateOrWrite).value();
    const absl::Status status = connection->RunScript(kDropTriggers + sql);
    ASSERT_TRUE(status.ok()) << status;
  }

  VerifyReport Verify() {
    const auto report =
        VerifyHistory({.db = path_, .anchors = anchors_path_, .public_key = public_key_});
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(VerifyReport());
  }
  // The first finding after `sql` has been run by somebody who may write the file.
  std::string FindingAfter(const std::string& sql) {
    RunSql(sql);
    const std::vector<std::string> findings = Verify().findings;
    return findings.empty() ? "" : findings.front();
  }

  const TempDir dir_;
  const std::string path_ = dir_.File("jobs.db");
  const std::string anchors_path_ = dir_.File("jobs.db.anchors");
  FakeClock clock_;
  std::unique_ptr<AnchorWriter> anchors_;
  std::unique_ptr<SqliteJobStore> store_;
  std::string public_key_;
};

TEST_F(HistoryVerifierTest, S24_WhatNobodyTouchedIsAsItWasWritten) {
  const VerifyReport report = Verify();
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_EQ(report.row_count, 12);
  EXPECT_EQ(report.job_count, 4);
  EXPECT_EQ(report.newest_anchor, 12);
  EXPECT_THAT(report.anchor_keys, ElementsAre(public_key_));
}

TEST_F(HistoryVerifierTest, S24_EditedRowIsNamed) {
  EXPECT_EQ(FindingAfter("UPDATE job_events SET effect = 'NOT_APPLIED' WHERE number = 6"),
            "row 6 (job_events): its content is not what was written");
}

TEST_F(HistoryVerifierTest, S24_EditedAuditRowIsNamed) {
  EXPECT_EQ(FindingAfter("UPDATE audit_events SET user_id = 'eve' WHERE number = 10"),
            "row 10 (audit_events): its content is not what was written");
}

TEST_F(HistoryVerifierTest, S24_DeletedRowIsNamed) {
  EXPECT_EQ(FindingAfter("DELETE FROM job_events WHERE number = 5"), "row 5: it is missing");
}

TEST_F(HistoryVerifierTest, S24_DeletedFirstRowIsNamed) {
  EXPECT_EQ(FindingAfter("DELETE FROM job_events WHERE number = 1"), "row 1: it is missing");
}

TEST_F(HistoryVerifierTest, S24_ReorderedRowsAreNamed) {
  EXPECT_EQ(FindingAfter("UPDATE job_events SET number = 100 WHERE number = 5;"
                         "UPDATE job_events SET number = 5 WHERE number = 6;"
                         "UPDATE job_events SET number = 6 WHERE number = 100"),
            "row 5 (job_events): its hash does not follow from the row before it");
}

TEST_F(HistoryVerifierTest, S24_RowMovedFromOneTableToTheOtherIsNamed) {
  EXPECT_EQ(FindingAfter("INSERT INTO audit_events(number, occurred_at, user_id, action, success, "
                         "salt, salted_digest, hash) SELECT number, occurred_at, 'x', 'X', 1, "
                         "salt, salted_digest, hash FROM job_events WHERE number = 5;"
                         "DELETE FROM job_events WHERE number = 5"),
            "row 5 (audit_events): its content is not what was written");
}

TEST_F(HistoryVerifierTest, S24_RowPutInBesideAnotherIsNamed) {
  EXPECT_EQ(FindingAfter("INSERT INTO audit_events(number, occurred_at, user_id, action, success) "
                         "VALUES(4, 't', 'eve', 'X', 1)"),
            "row 4: there is one too many of this number");
}

TEST_F(HistoryVerifierTest, S24_RowAppendedPastTheLedgerIsNamed) {
  EXPECT_EQ(FindingAfter("INSERT INTO audit_events(number, occurred_at, user_id, action, success) "
                         "VALUES(13, 't', 'eve', 'X', 1)"),
            "row 13 (audit_events): it is not chained");
}

// Without anchors a history that was cut off looks like one that was shorter.
TEST_F(HistoryVerifierTest, S24_TruncatedTailIsFoundByTheAnchors) {
  RunSql(
      "DELETE FROM job_events WHERE number = 12; DELETE FROM audit_events WHERE number = 11;"
      "DELETE FROM job_cids WHERE job_number = 4; DELETE FROM jobs WHERE number = 4;"
      "DELETE FROM audit_cids WHERE audit_number = 11");
  const auto alone = VerifyHistory({.db = path_});
  ASSERT_TRUE(alone.ok());
  EXPECT_THAT(alone->findings, IsEmpty());
  EXPECT_THAT(Verify().findings,
              ElementsAre("anchor in line 1: it was signed at row 12, but the history ends at row "
                          "10: rows after it were removed"));
}

TEST_F(HistoryVerifierTest, S24_SwappedFileIsFoundByTheAnchors) {
  std::filesystem::remove(path_);
  SqliteJobStore::Open({.path = path_}, clock_).value().reset();
  EXPECT_THAT(Verify().findings, ElementsAre(StartsWith("anchor in line 1: it is of the chain ")));
}

// Who can write the file can also make a whole new chain of the same name: the anchors stay.
TEST_F(HistoryVerifierTest, S24_ChainMadeAnewIsFoundByTheAnchors) {
  RunSql(
      "UPDATE job_events SET salt = NULL, salted_digest = NULL, hash = NULL;"
      "UPDATE audit_events SET salt = NULL, salted_digest = NULL, hash = NULL;"
      "UPDATE job_events SET actor = 'eve' WHERE number = 9");
  auto connection = Connection::Open(path_, sqlite::OpenMode::kCreateOrWrite).value();
  const std::string chain_id = ReadChainId(*connection).value();
  ChainHead head;
  for (int number = 1; number <= 12; ++number) {
    const bool audit = number == 10 || number == 11;
    const HistoryTable& table = audit ? AuditEventsTable() : JobEventsTable();
    std::string content;
    const auto read = [&](const sqlite::Row& row) {
      content = EncodeContent(table, row);
      return true;
    };
    ASSERT_TRUE(
        connection->ReadOne(table.select_sql(), read, int64_t{number - 1}, int64_t{1}).ok());
    const ChainLink link = MakeLink(chain_id, head, content);
    ASSERT_TRUE(connection
                    ->Run(audit ? "UPDATE audit_events SET salt = ?2, salted_digest = ?3, hash = "
                                  "?4 WHERE number = ?1"
                                : "UPDATE job_events SET salt = ?2, salted_digest = ?3, hash = ?4 "
                                  "WHERE number = ?1",
                          link.number, link.salt, link.salted_digest, link.hash)
                    .ok());
    head = {.number = link.number, .hash = link.hash.bytes};
  }
  EXPECT_THAT(VerifyHistory({.db = path_})->findings, IsEmpty());
  EXPECT_THAT(Verify().findings,
              ElementsAre("anchor in line 1: row 12 had another hash when it was signed"));
}

TEST_F(HistoryVerifierTest, S24_AnchorOfAnotherKeyOrTouchedIsNamed) {
  auto other = AnchorKey::LoadOrMake(dir_.File("other-key")).value();
  const auto foreign = VerifyHistory(
      {.db = path_, .anchors = anchors_path_, .public_key = HexEncode(other.public_key())});
  ASSERT_TRUE(foreign.ok());
  EXPECT_THAT(foreign->findings,
              ElementsAre("anchor in line 1: it is signed with the key " + public_key_));

  std::ofstream(anchors_path_, std::ios::app) << "tms-anchor-1 made up\n";
  EXPECT_THAT(Verify().findings, ElementsAre("anchor in line 2: is no anchor"));
  EXPECT_EQ(VerifyHistory({.db = path_, .anchors = dir_.File("none")}).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

struct JobEdit {
  const char* sql;
  const char* finding;
};

TEST_F(HistoryVerifierTest, S24_JobsAreComparedWithTheirHistory) {
  const JobEdit kEdits[] = {
      {"UPDATE jobs SET error_message = 'x' WHERE number = 2",
       "job 2 (job-2): its outcome is not the one that its history leads to"},
      {"UPDATE jobs SET effect = 'APPLIED' WHERE number = 2",
       "job 2 (job-2): its outcome is not the one that its history leads to"},
      {"UPDATE jobs SET user_id = 'eve' WHERE number = 1",
       "job 1 (job-1): row 1: what jobs says of the request is not what was recorded"},
      {"UPDATE jobs SET cluster_url = 'https://evil.example' WHERE number = 1",
       "job 1 (job-1): row 1: what jobs says of the request is not what was recorded"},
      {"UPDATE jobs SET request_payload = '{}' WHERE number = 1",
       "job 1 (job-1): row 1: request_payload is not what was sent"},
      {"UPDATE jobs SET created_at = '2027-01-15T08:00:00.000001Z' WHERE number = 1",
       "job 1 (job-1): row 1: created_at, owner or incarnation is not what was recorded"},
      {"UPDATE jobs SET response_summary = '{}' WHERE number = 1",
       "job 1 (job-1): row 2: response_summary or elapsed_ms is not what was told"},
      {"UPDATE jobs SET finished_at = created_at WHERE number = 1",
       "job 1 (job-1): row 2: finished_at is not what was told"},
      {"UPDATE jobs SET version = 9 WHERE number = 4",
       "job 4 (job-4): version is not the number of its changes"},
      {"UPDATE jobs SET customer_count = 1 WHERE number = 4",
       "job 4 (job-4): customer_count is wrong"},
      {"UPDATE job_cids SET cid = 'c9' WHERE job_number = 3 AND position = 2",
       "job 3 (job-3): row 7: the job's customers are not those that were recorded"},
      {"DELETE FROM job_cids WHERE job_number = 3 AND position = 2",
       "job 3 (job-3): row 7: the job's customers are not those that were recorded"},
      {"INSERT INTO jobs(number, job_id, created_at, user_id, status, action_code, action_name, "
       "updated_at, customer_count) VALUES(5, 'job-5', 't', 'eve', 'IN_PROGRESS', 1, 'x', 't', 0)",
       "job 5: the database holds 't' in column 'created_at'"},
      {"DELETE FROM job_cids WHERE job_number = 4; DELETE FROM jobs WHERE number = 4",
       "row 12 (job_events): it began job job-4, which is not in jobs"},
      {"UPDATE audit_cids SET cid = 'c9'",
       "row 11 (audit_events): its customers are not those that were recorded"},
  };
  const std::string good = dir_.File("good.db");
  std::filesystem::copy_file(path_, good);
  for (const JobEdit& edit : kEdits) {
    std::filesystem::copy_file(good, path_, std::filesystem::copy_options::overwrite_existing);
    EXPECT_EQ(FindingAfter(edit.sql), edit.finding) << edit.sql;
  }
}

TEST_F(HistoryVerifierTest, S24_CountersAreComparedWithTheJobs) {
  EXPECT_THAT(FindingAfter("UPDATE job_stats SET job_count = job_count + 1 WHERE level = 'DAY' AND "
                           "effect = 'UNKNOWN'"),
              HasSubstr("job_stats, level DAY, cell 2027-01-15T00:00:00.000000Z"));
}

TEST_F(HistoryVerifierTest, VerifiesAFileInUseAndWritesNothing) {
  store_ = SqliteJobStore::Open({.path = path_}, clock_).value();
  Start("job-5");
  const VerifyReport report = Verify();
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_EQ(report.row_count, 13);
}

TEST_F(HistoryVerifierTest, WhatIsNoLedgerIsRefused) {
  const auto missing = VerifyHistory({.db = dir_.File("none.db")});
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(std::filesystem::exists(dir_.File("none.db")));
  std::ofstream(dir_.File("text.db")) << "not a database";
  EXPECT_EQ(VerifyHistory({.db = dir_.File("text.db")}).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(HistoryVerifierTest, ExportHoldsEachRowInOrder) {
  std::vector<std::string> lines;
  const auto write = [&](const std::string& line) {
    lines.push_back(line);
    return true;
  };
  ASSERT_TRUE(ExportHistory(path_, 0, write).ok());
  ASSERT_EQ(lines.size(), 13u);
  EXPECT_THAT(lines[0], StartsWith("{\"chain_id\":\""));
  EXPECT_THAT(lines[1], StartsWith("{\"number\":1,\"table\":\"job_events\",\"salt\":\""));
  EXPECT_THAT(lines[1], HasSubstr("\"content\":[[\"job_id\",\"t\",\"job-1\"],"));
  EXPECT_THAT(lines[1], HasSubstr("[\"event_seq\",\"i\",1]"));
  EXPECT_THAT(lines[10], StartsWith("{\"number\":10,\"table\":\"audit_events\""));
  lines.clear();
  ASSERT_TRUE(ExportHistory(path_, 11, write).ok());
  EXPECT_EQ(lines.size(), 2u);
  RunSql("DELETE FROM job_events WHERE number = 5");
  EXPECT_EQ(ExportHistory(path_, 0, write).code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace tms::ledger
