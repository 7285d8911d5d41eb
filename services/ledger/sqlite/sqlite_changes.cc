// The writes that every kind of change shares.
#include <utility>

#include "common/base/status.h"
#include "common/base/time_text.h"
#include "services/ledger/sqlite/sqlite_writes.h"

namespace tms::ledger {
namespace {

// A compare-and-set: the row must be the version that the decision was made on.
constexpr char kUpdateJob[] =
    "UPDATE jobs SET status = ?3, http_status = ?4, failure_reason = ?5, effect = ?6, "
    "error_message = ?7, outcome_source = ?8, conflict = ?9, updated_at = ?10, finished_at = ?11, "
    "elapsed_ms = coalesce(?12, elapsed_ms), response_summary = coalesce(?13, response_summary), "
    "response_summary_cut = response_summary_cut OR ?14, version = version + 1 "
    "WHERE number = ?1 AND version = ?2";
constexpr char kFreeClaim[] = "UPDATE jobs SET request_claim = NULL WHERE number = ?1";
// The oldest twin whose call was, or may have been, made.
constexpr char kHandOverClaim[] =
    "UPDATE jobs SET request_claim = request_id WHERE number = "
    "(SELECT min(number) FROM jobs INDEXED BY jobs_by_request WHERE request_id = ?1 "
    "AND user_id = ?2 AND failure_reason IS NOT 'NOT_CALLED')";
std::optional<int64_t> Millis(std::optional<absl::Duration> duration) {
  if (!duration.has_value()) return std::nullopt;
  return absl::ToInt64Milliseconds(*duration);
}

// A call that was never made frees its request_id for another try.
absl::Status FreeRequestId(sqlite::Connection& connection, const Job& job) {
  TMS_RETURN_IF_ERROR(connection.Run(kFreeClaim, job.number));
  return connection.Run(kHandOverClaim, job.request_id, job.user_id);
}

}  // namespace

std::optional<std::string_view> NullIfEmpty(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return text;
}

absl::Status ChangeOutcome(WriteContext& context, const OutcomeChange& change, Job& job) {
  sqlite::Connection& connection = context.connection;
  const Outcome& outcome = change.outcome;
  TMS_RETURN_IF_ERROR(connection.Run(
      kUpdateJob, job.number, job.version, ToWord(outcome.status), outcome.http_status,
      NullIfEmpty(ToWord(outcome.failure_reason)), NullIfEmpty(ToWord(outcome.effect)),
      outcome.error_message, NullIfEmpty(ToWord(outcome.source)), outcome.conflict,
      FormatTimestamp(context.now), FormatTimestamp(change.finished_at), Millis(change.elapsed),
      change.response_summary, change.response_summary_cut));
  if (connection.changes() != 1) {
    return MakeStatus(absl::StatusCode::kInternal, "the job's row changed under the writer");
  }
  context.stats.Count(job, -1);
  job.outcome = outcome;
  job.updated_at = context.now;
  job.finished_at = change.finished_at;
  if (change.elapsed.has_value()) job.elapsed = change.elapsed;
  ++job.version;
  if (outcome.failure_reason == FailureReason::kNotCalled && !job.request_id.empty()) {
    TMS_RETURN_IF_ERROR(FreeRequestId(connection, job));
  }
  context.stats.Count(job, 1);
  return absl::OkStatus();
}

absl::Status AppendHistory(WriteContext& context, const HistoryRow& row) {
  const OwnerEvent* told = row.told == nullptr ? nullptr : &row.told->event;
  const auto* start = told == nullptr ? nullptr : std::get_if<JobStart>(&told->fact);
  const auto if_told = [&](int64_t number) {
    return told == nullptr ? std::nullopt : std::optional(number);
  };
  std::optional<sqlite::Blob> content_digest, cids_digest;
  std::optional<int64_t> cid_count;
  if (told != nullptr) content_digest = row.told->content_digest;
  if (start != nullptr) {
    cids_digest = row.told->cids_digest;
    cid_count = static_cast<int64_t>(start->cids.size());
  }
  if (row.migrated != nullptr) {
    content_digest = row.migrated->content;
    cids_digest = row.migrated->cids;
    cid_count = row.migrated->cid_count;
  }
  const Outcome& outcome = row.job.outcome;
  TMS_RETURN_IF_ERROR(context.chain.Append(
      context.connection, JobEventsTable(), row.job_id, NullIfEmpty(row.earlier_job_id),
      ToWord(row.kind), if_told(told == nullptr ? 0 : told->event_seq),
      FormatTimestamp(row.occurred_at), FormatTimestamp(context.now), row.actor,
      if_told(told == nullptr ? 0 : told->incarnation), ToWord(row.verdict),
      NullIfEmpty(row.detail), ToWord(outcome.status), outcome.http_status,
      NullIfEmpty(ToWord(outcome.failure_reason)), NullIfEmpty(ToWord(outcome.effect)),
      outcome.error_message, NullIfEmpty(ToWord(outcome.source)), outcome.conflict, content_digest,
      cids_digest, cid_count));
  if (row.verdict == Verdict::kApplied) {
    const ChainHead& head = *context.chain.head();
    context.changes.push_back({{.number = head.number, .hash = head.hash}, row.job});
  }
  return absl::OkStatus();
}

}  // namespace tms::ledger
