#include <string>
#include <utility>

#include "common/base/status.h"
#include "services/ledger/offline/checks.h"
#include "services/ledger/offline/job_replay.h"
#include "services/ledger/sqlite/cids_digest.h"
#include "services/ledger/sqlite/sqlite_rows.h"

namespace tms::ledger {
namespace {

using sqlite::Connection;
using sqlite::Row;

// Jobs read in one read transaction; a job, its history and its customers are always of one moment.
constexpr int64_t kBatch = 1'000;

constexpr char kSelectNumbers[] =
    "SELECT number FROM jobs WHERE number > ?1 ORDER BY number LIMIT ?2";
constexpr char kSelectMore[] =
    "SELECT fingerprint, response_summary, response_summary_cut, request_payload FROM jobs "
    "WHERE number = ?1";
constexpr char kSelectCids[] = "SELECT cid FROM job_cids WHERE job_number = ?1 ORDER BY position";
constexpr char kSelectEvents[] =
    "SELECT number, kind, occurred_at, recorded_at, actor, incarnation, content_digest, "
    "cids_digest, status, http_status, failure_reason, effect, error_message, outcome_source, "
    "conflict FROM job_events WHERE job_id = ?1 AND verdict = 'APPLIED' ORDER BY number";

constexpr char kSelectAudits[] =
    "SELECT number, cids_digest, cid_count FROM audit_events WHERE number > ?1 AND "
    "(cid_count IS NOT NULL OR EXISTS(SELECT 1 FROM audit_cids WHERE audit_number = number)) "
    "ORDER BY number LIMIT 1";
constexpr char kSelectAuditCids[] =
    "SELECT cid FROM audit_cids WHERE audit_number = ?1 ORDER BY position";

absl::StatusOr<std::vector<std::string>> ReadCids(Connection& connection, const char* sql,
                                                  int64_t number) {
  std::vector<std::string> cids;
  const auto take = [&](const Row& row) {
    cids.push_back(row.Text(0));
    return true;
  };
  TMS_RETURN_IF_ERROR(connection.Visit(sql, take, number));
  return cids;
}

absl::StatusOr<std::optional<StoredJob>> ReadStoredJob(Connection& connection, int64_t number) {
  TMS_ASSIGN_OR_RETURN(std::optional<Job> job, FindJobByNumber(connection, number));
  if (!job.has_value()) return std::nullopt;
  StoredJob stored{.job = *std::move(job)};
  const auto take = [&](const Row& row) {
    stored.fingerprint = row.Text(0);
    stored.job.response_summary = row.OptionalText(1);
    stored.job.response_summary_cut = row.Int(2) != 0;
    stored.request_payload = row.OptionalText(3);
    return false;
  };
  TMS_RETURN_IF_ERROR(connection.Visit(kSelectMore, take, number));
  TMS_ASSIGN_OR_RETURN(stored.cids, ReadCids(connection, kSelectCids, number));
  return stored;
}

absl::StatusOr<std::vector<AppliedEvent>> ReadEvents(Connection& connection,
                                                     const std::string& job_id) {
  std::vector<AppliedEvent> events;
  absl::Status status;
  const auto take = [&](const Row& row) {
    RowReader reader(row);
    events.push_back({.number = row.Int(0),
                      .kind = reader.Word(1, HistoryKindFromWord),
                      .occurred_at = reader.Time(2),
                      .recorded_at = reader.Time(3),
                      .actor = row.Text(4),
                      .incarnation = row.Int(5),
                      .outcome = reader.ReadOutcome(8),
                      .content_digest = row.Text(6),
                      .cids_digest = row.Text(7)});
    status = reader.status();
    return status.ok();
  };
  TMS_RETURN_IF_ERROR(connection.Visit(kSelectEvents, take, job_id));
  TMS_RETURN_IF_ERROR(status);
  return events;
}

// A value that was never written is a finding, not an error.
Finding AsFinding(const absl::Status& status) { return std::string(Message(status)); }

absl::StatusOr<Finding> CheckJob(Connection& connection, int64_t number) {
  const std::string name = "job " + std::to_string(number);
  const auto stored = ReadStoredJob(connection, number);
  if (absl::IsDataLoss(stored.status())) return name + ": " + *AsFinding(stored.status());
  TMS_RETURN_IF_ERROR(stored.status());
  if (!stored->has_value()) return std::nullopt;
  const Job& job = (*stored)->job;
  const auto events = ReadEvents(connection, job.job_id);
  if (absl::IsDataLoss(events.status())) return name + ": " + *AsFinding(events.status());
  TMS_RETURN_IF_ERROR(events.status());
  const Finding fault = ReplayJob(**stored, *events);
  if (!fault.has_value()) return std::nullopt;
  return name + " (" + job.job_id + "): " + *fault;
}

// Checks the jobs from `after` on; the last one's number, or nothing behind the last.
absl::StatusOr<std::optional<int64_t>> CheckBatch(Connection& connection, int64_t after,
                                                  JobsCheck& check) {
  std::vector<int64_t> numbers;
  const auto take = [&](const Row& row) {
    numbers.push_back(row.Int(0));
    return true;
  };
  TMS_RETURN_IF_ERROR(connection.Visit(kSelectNumbers, take, after, kBatch));
  for (const int64_t number : numbers) {
    TMS_ASSIGN_OR_RETURN(check.finding, CheckJob(connection, number));
    if (check.finding.has_value()) return std::nullopt;
    ++check.job_count;
  }
  if (numbers.empty()) return std::nullopt;
  return numbers.back();
}

}  // namespace

absl::StatusOr<JobsCheck> CheckJobs(Connection& connection) {
  JobsCheck check;
  for (std::optional<int64_t> after = -1; after.has_value();) {
    TMS_RETURN_IF_ERROR(connection.Run("BEGIN"));
    auto last = CheckBatch(connection, *after, check);
    TMS_RETURN_IF_ERROR(connection.Run("COMMIT"));
    TMS_RETURN_IF_ERROR(last.status());
    after = *last;
  }
  return check;
}

absl::StatusOr<Finding> CheckAuditCustomers(Connection& connection) {
  for (int64_t after = 0;;) {
    struct Audit {
      int64_t number;
      std::string digest;
      int64_t count;
    };
    const auto read = [](const Row& row) {
      return Audit{.number = row.Int(0), .digest = row.Text(1), .count = row.Int(2)};
    };
    TMS_ASSIGN_OR_RETURN(const std::optional<Audit> audit,
                         connection.ReadOne(kSelectAudits, read, after));
    if (!audit.has_value()) return std::nullopt;
    TMS_ASSIGN_OR_RETURN(const std::vector<std::string> cids,
                         ReadCids(connection, kSelectAuditCids, audit->number));
    if (CidsDigest(cids).bytes != audit->digest || std::ssize(cids) != audit->count) {
      return "row " + std::to_string(audit->number) +
             " (audit_events): its customers are not those that were recorded";
    }
    after = audit->number;
  }
}

}  // namespace tms::ledger
