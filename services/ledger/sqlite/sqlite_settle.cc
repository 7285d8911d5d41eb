// Outcomes that no owner told: presumed by the ledger, resolved by a person.
#include <string>
#include <utility>

#include "common/base/status.h"
#include "common/base/time_text.h"
#include "services/ledger/job_transitions.h"
#include "services/ledger/sqlite/sqlite_rows.h"
#include "services/ledger/sqlite/sqlite_writes.h"

namespace tms::ledger {
namespace {

constexpr char kInsertAudit[] =
    "INSERT INTO audit_events(number, occurred_at, user_id, action, target, source_ip, success, "
    "detail) VALUES(1 + max((SELECT coalesce(max(number), 0) FROM job_events), "
    "(SELECT coalesce(max(number), 0) FROM audit_events)), ?1, ?2, 'UPDATE_JOB', ?3, ?4, 1, ?5)";

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

absl::Status AppendAudit(WriteContext& context, const Resolution& resolution, const Outcome& before,
                         const Outcome& after) {
  return context.connection.Run(
      kInsertAudit, FormatTimestamp(context.now), resolution.user_id, resolution.job_id,
      NullIfEmpty(resolution.source_ip),
      resolution.reason + "; from " + Describe(before) + " to " + Describe(after));
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
                                              .outcome = job.outcome}));
  return job;
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
                                              .outcome = job.outcome}));
  TMS_RETURN_IF_ERROR(AppendAudit(context, resolution, before, job.outcome));
  return job;
}

}  // namespace tms::ledger
