#include "services/ledger/sqlite/sqlite_rows.h"

#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/base/time_text.h"
#include "services/ledger/sqlite/request_payload.h"

namespace tms::ledger {
namespace {

using sqlite::Connection;
using sqlite::Row;

// Payloads of larger jobs are not stored but built from the cids, up to this many of them.
constexpr int kMaxRebuiltCids = 1'000;
// Far more than people repeat one job; bounds a FULL job.
constexpr int kMaxReruns = 100;

#define TMS_SELECT_JOB                                                                         \
  "SELECT number, job_id, user_id, batch_id, action_code, action_name, cluster, cluster_url, " \
  "status, http_status, failure_reason, effect, error_message, outcome_source, conflict, "     \
  "created_at, updated_at, finished_at, timeout_ms, elapsed_ms, customer_count, request_id, "  \
  "source_ip, owner, incarnation, rerun_of, twin_of, version FROM jobs "

constexpr char kSelectById[] = TMS_SELECT_JOB "WHERE job_id = ?1";
constexpr char kSelectByNumber[] = TMS_SELECT_JOB "WHERE number = ?1";
constexpr char kSelectLong[] =
    "SELECT request_payload, response_summary, response_summary_cut FROM jobs WHERE number = ?1";
constexpr char kSelectReruns[] =
    "SELECT job_id FROM jobs WHERE rerun_of = ?1 ORDER BY number LIMIT ?2";
constexpr char kSelectFirstCids[] =
    "SELECT cid FROM job_cids WHERE job_number = ?1 ORDER BY position LIMIT ?2";

absl::StatusOr<Job> ReadJob(const Row& row) {
  RowReader reader(row);
  Job job;
  job.number = row.Int(0);
  job.job_id = row.Text(1);
  job.user_id = row.Text(2);
  job.batch_id = row.Text(3);
  job.action_code = static_cast<int>(row.Int(4));
  job.action_name = row.Text(5);
  job.cluster = row.Text(6);
  job.cluster_url = row.Text(7);
  job.outcome = reader.ReadOutcome(8);
  job.created_at = reader.Time(15);
  job.updated_at = reader.Time(16);
  job.finished_at = reader.OptionalTime(17);
  job.timeout = reader.OptionalMillis(18);
  job.elapsed = reader.OptionalMillis(19);
  job.customer_count = static_cast<int>(row.Int(20));
  job.request_id = row.Text(21);
  job.source_ip = row.Text(22);
  job.owner = row.Text(23);
  job.incarnation = row.Int(24);
  job.rerun_of = row.Text(25);
  job.twin_of = row.Text(26);
  job.version = row.Int(27);
  TMS_RETURN_IF_ERROR(reader.status());
  return job;
}

template <typename Key>
absl::StatusOr<std::optional<Job>> Find(Connection& connection, const char* sql, const Key& key) {
  TMS_ASSIGN_OR_RETURN(auto found, connection.ReadOne(sql, ReadJob, key));
  if (!found.has_value()) return std::nullopt;
  TMS_RETURN_IF_ERROR(found->status());
  return *std::move(*found);
}

absl::Status RebuildPayload(Connection& connection, Job& job) {
  std::vector<std::string> cids;
  const auto keep = [&](const Row& row) {
    cids.push_back(row.Text(0));
    return true;
  };
  TMS_RETURN_IF_ERROR(connection.Visit(kSelectFirstCids, keep, job.number, kMaxRebuiltCids));
  // A row of the replaced system may have neither payload nor cids.
  if (!cids.empty()) job.request_payload = RequestPayload(job.action_name, cids);
  job.request_payload_cut = job.customer_count > kMaxRebuiltCids;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<Job>> FindJob(Connection& connection, const std::string& job_id) {
  return Find(connection, kSelectById, job_id);
}

absl::StatusOr<std::optional<Job>> FindJobByNumber(Connection& connection, int64_t number) {
  return Find(connection, kSelectByNumber, number);
}

absl::StatusOr<Job> GetJobRow(Connection& connection, const std::string& job_id) {
  TMS_ASSIGN_OR_RETURN(std::optional<Job> job, FindJob(connection, job_id));
  if (!job.has_value()) {
    return MakeStatus(absl::StatusCode::kNotFound, "JOB_NOT_FOUND", "there is no such job");
  }
  return *std::move(job);
}

absl::Status AddFullView(Connection& connection, Job& job) {
  const auto read_long = [&](const Row& row) {
    job.request_payload = row.Text(0);
    job.response_summary = row.OptionalText(1);
    job.response_summary_cut = row.Int(2) != 0;
    return false;
  };
  const auto read_rerun = [&](const Row& row) {
    job.reruns.push_back(row.Text(0));
    return true;
  };
  TMS_RETURN_IF_ERROR(connection.Visit(kSelectLong, read_long, job.number));
  TMS_RETURN_IF_ERROR(connection.Visit(kSelectReruns, read_rerun, job.job_id, kMaxReruns));
  return job.request_payload.empty() ? RebuildPayload(connection, job) : absl::OkStatus();
}

absl::Time RowReader::Time(int column) {
  const std::string text = row_.Text(column);
  const std::optional<absl::Time> time = ParseTimestamp(text);
  if (!time.has_value()) Wrong(column, text);
  return time.value_or(absl::UnixEpoch());
}

std::optional<absl::Time> RowReader::OptionalTime(int column) {
  if (row_.IsNull(column)) return std::nullopt;
  return Time(column);
}

std::optional<absl::Duration> RowReader::OptionalMillis(int column) const {
  const std::optional<int64_t> millis = row_.OptionalInt(column);
  if (!millis.has_value()) return std::nullopt;
  return absl::Milliseconds(*millis);
}

Outcome RowReader::ReadOutcome(int first_column) {
  Outcome outcome;
  outcome.status = Word(first_column, JobStatusFromWord);
  if (const auto code = row_.OptionalInt(first_column + 1)) {
    outcome.http_status = static_cast<int>(*code);
  }
  outcome.failure_reason = Word(first_column + 2, FailureReasonFromWord);
  outcome.effect = Word(first_column + 3, EffectFromWord);
  outcome.error_message = row_.OptionalText(first_column + 4);
  outcome.source = Word(first_column + 5, OutcomeSourceFromWord);
  outcome.conflict = row_.Int(first_column + 6) != 0;
  return outcome;
}

void RowReader::Wrong(int column, const std::string& text) {
  status_.Update(
      MakeStatus(absl::StatusCode::kDataLoss, "DATABASE_DAMAGED",
                 "the database holds '" + text + "' in column '" + row_.Name(column) + "'"));
}

}  // namespace tms::ledger
