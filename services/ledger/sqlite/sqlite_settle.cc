// Outcomes that no owner told: presumed by the ledger, resolved by a person.
#include <string>
#include <utility>

#include "common/base/status.h"
#include "services/ledger/job_transitions.h"
#include "services/ledger/sqlite/owner_identities.h"
#include "services/ledger/sqlite/sqlite_rows.h"
#include "services/ledger/sqlite/sqlite_writes.h"

namespace tms::ledger {
namespace {

constexpr char kSelectLeft[] =
    "SELECT job_id FROM jobs INDEXED BY jobs_in_progress WHERE status = 'IN_PROGRESS' "
    "AND owner = ?1 AND incarnation < ?2 ORDER BY created_at LIMIT ?3";
constexpr char kRaiseFence[] =
    "INSERT INTO ledger_meta(key, value) VALUES(?1, ?2) "
    "ON CONFLICT(key) DO UPDATE SET value = max(value, excluded.value)";
constexpr char kSelectFence[] = "SELECT value FROM ledger_meta WHERE key = ?1";

std::string FenceKey(const std::string& owner) { return "incarnation_of/" + owner; }

// `FAILED INTERRUPTED effect UNKNOWN`
std::string Describe(const Outcome& outcome) {
  std::string text(ToWord(outcome.status));
  if (outcome.http_status.has_value()) text += " " + std::to_string(*outcome.http_status);
  if (outcome.failure_reason != FailureReason::kNone) {
    text += " " + std::string(ToWord(outcome.failure_reason));
  }
  if (outcome.effect != Effect::kUnspecified) {
    text += " effect " + std::string(ToWord(outcome.effect));
  }
  if (outcome.error_message.has_value()) text += " '" + *outcome.error_message + "'";
  return text;
}

absl::Status AuditResolution(WriteContext& context, const Resolution& resolution,
                             const Outcome& before, const Outcome& after) {
  return AppendAudit(context, {.occurred_at = context.now,
                               .user_id = resolution.user_id,
                               .action = "UPDATE_JOB",
                               .target = resolution.job_id,
                               .source_ip = resolution.source_ip,
                               .success = true,
                               .detail = resolution.reason + "; from " + Describe(before) + " to " +
                                         Describe(after)});
}

}  // namespace

absl::StatusOr<Job> PresumeJob(WriteContext& context, const std::string& job_id,
                               const std::string& message) {
  TMS_ASSIGN_OR_RETURN(Job job, GetJobRow(context.connection, job_id));
  const Outcome claim{.status = JobStatus::kFailed,
                      .failure_reason = FailureReason::kInterrupted,
                      .effect = Effect::kUnknown,
                      .error_message = message,
                      .source = OutcomeSource::kPresumed};
  const TransitionDecision decision = Decide(job.outcome, claim, /*overdue=*/true);
  if (decision.kind == TransitionDecision::Kind::kReject) return job;

  const OutcomeChange change{.outcome = decision.next, .finished_at = context.now};
  TMS_RETURN_IF_ERROR(ChangeOutcome(context, change, job));
  const std::string actor = "ledger";
  TMS_RETURN_IF_ERROR(AppendHistory(context, {.job_id = job_id,
                                              .kind = HistoryKind::kPresumed,
                                              .occurred_at = context.now,
                                              .actor = actor,
                                              .verdict = Verdict::kApplied,
                                              .job = job}));
  return job;
}

absl::StatusOr<SettledJobs> SettleJobs(WriteContext& context, const OwnerSettlement& settlement) {
  TMS_ASSIGN_OR_RETURN(const bool may,
                       MaySpeakFor(context.connection, settlement.owner, settlement.teller));
  if (!may) {
    return MakeStatus(absl::StatusCode::kPermissionDenied, "OWNER_OF_ANOTHER",
                      "owner: belongs to another identity");
  }
  TMS_RETURN_IF_ERROR(
      context.connection.Run(kRaiseFence, FenceKey(settlement.owner), settlement.incarnation));
  SettledJobs settled;
  const auto take = [&](const sqlite::Row& row) {
    settled.job_ids.push_back(row.Text(0));
    return true;
  };
  TMS_RETURN_IF_ERROR(context.connection.Visit(kSelectLeft, take, settlement.owner,
                                               settlement.incarnation, settlement.limit));
  for (const std::string& job_id : settled.job_ids) {
    TMS_RETURN_IF_ERROR(PresumeJob(context, job_id, settlement.message).status());
  }
  settled.more = std::ssize(settled.job_ids) == settlement.limit;
  return settled;
}

absl::StatusOr<int64_t> FenceOf(sqlite::Connection& connection, const std::string& owner) {
  const auto read = [](const sqlite::Row& row) { return row.Int(0); };
  TMS_ASSIGN_OR_RETURN(const std::optional<int64_t> fence,
                       connection.ReadOne(kSelectFence, read, FenceKey(owner)));
  return fence.value_or(0);
}

absl::StatusOr<Job> ResolveJob(WriteContext& context, const Resolution& resolution) {
  TMS_ASSIGN_OR_RETURN(Job job, GetJobRow(context.connection, resolution.job_id));
  if (job.version != resolution.version) {
    return MakeStatus(absl::StatusCode::kAborted, "JOB_CHANGED",
                      "the job has changed since it was read");
  }
  TMS_ASSIGN_OR_RETURN(Outcome claim, resolution.claim(job));
  claim.source = OutcomeSource::kResolved;
  const TransitionDecision decision = Decide(job.outcome, claim, resolution.overdue);
  if (decision.kind == TransitionDecision::Kind::kReject) {
    return MakeStatus(absl::StatusCode::kFailedPrecondition, "OUTCOME_FINAL", decision.why);
  }
  // The end of a call that its owner told stays the time that the owner told.
  const bool told = WasTold(job.outcome) && job.finished_at.has_value();
  const OutcomeChange change{.outcome = decision.next,
                             .finished_at = told ? *job.finished_at : context.now};
  const Outcome before = job.outcome;
  TMS_RETURN_IF_ERROR(ChangeOutcome(context, change, job));
  TMS_RETURN_IF_ERROR(AppendHistory(context, {.job_id = resolution.job_id,
                                              .kind = HistoryKind::kResolved,
                                              .occurred_at = context.now,
                                              .actor = resolution.user_id,
                                              .verdict = Verdict::kApplied,
                                              .detail = resolution.reason,
                                              .job = job}));
  TMS_RETURN_IF_ERROR(AuditResolution(context, resolution, before, job.outcome));
  return job;
}

}  // namespace tms::ledger
