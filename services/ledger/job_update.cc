#include "services/ledger/job_update.h"

#include <algorithm>
#include <charconv>

#include "common/base/text.h"
#include "services/ledger/checks.h"
#include "services/ledger/job_transitions.h"

namespace tms::ledger {
namespace {

constexpr std::string_view kFields[] = {"status", "http_status", "effect", "error_message"};

bool Sets(const JobUpdate& update, std::string_view field) {
  return std::ranges::find(update.mask, field) != update.mask.end();
}

// How a job stands for a person who settles it.
Outcome Base(const Outcome& current) {
  if (current.status != JobStatus::kInProgress) return current;
  return {.status = JobStatus::kFailed,
          .failure_reason = FailureReason::kInterrupted,
          .effect = Effect::kUnknown};
}

bool IsKnown(Effect effect) { return effect == Effect::kApplied || effect == Effect::kNotApplied; }

// Lets what the mask leaves out follow from a new status.
void SetStatus(JobStatus status, Outcome& claim) {
  if (claim.status == status) return;
  claim.status = status;
  claim.error_message.reset();
  if (status == JobStatus::kSuccess) {
    claim.failure_reason = FailureReason::kNone;
    claim.effect = Effect::kApplied;
  } else {
    // Only a person can have said SUCCESS before: no owner ever told an outcome.
    claim.failure_reason = FailureReason::kInterrupted;
  }
}

}  // namespace

absl::Status CheckUpdate(const JobUpdate& update) {
  Violations violations;
  CheckText("job.job_id", update.job_id, 1, kMaxNameCharacters, violations);
  CheckText("x-tms-user", update.user_id, 1, kMaxNameCharacters, violations);
  CheckText("reason", Trim(update.reason), kMinReasonCharacters, kMaxReasonCharacters, violations);
  if (update.etag.empty()) violations.Add("etag", "must be that of the job as it was read");
  if (update.mask.empty()) violations.Add("update_mask", "must name at least one field");
  for (const std::string& field : update.mask) {
    if (std::ranges::find(kFields, field) != std::end(kFields)) continue;
    violations.Add("update_mask",
                   "may name status, http_status, effect and error_message, not " +
                       std::string(CutCharacters(Sanitize(field), kMaxNameCharacters)));
  }
  if (Sets(update, "status") && update.values.status == JobStatus::kInProgress) {
    violations.Add("job.status", "must be SUCCESS or FAILED");
  }
  if (Sets(update, "effect") && update.values.effect == Effect::kUnspecified) {
    violations.Add("job.effect", "must be APPLIED, NOT_APPLIED or UNKNOWN");
  }
  if (Sets(update, "http_status")) {
    CheckHttpStatus("job.http_status", update.values.http_status, violations);
  }
  if (Sets(update, "error_message")) {
    CheckText("job.error_message", update.values.error_message.value_or(""), 0,
              kMaxReasonCharacters, violations);
  }
  return violations.ToStatus();
}

absl::StatusOr<Outcome> MakeClaim(const Outcome& current, const JobUpdate& update) {
  Outcome claim = Base(current);
  claim.source = OutcomeSource::kResolved;
  if (Sets(update, "status")) SetStatus(update.values.status, claim);
  if (Sets(update, "http_status")) claim.http_status = update.values.http_status;
  if (Sets(update, "effect")) claim.effect = update.values.effect;
  // What the ledger presumed says that the effect is unknown.
  const bool outdated = current.source == OutcomeSource::kPresumed && IsKnown(claim.effect);
  if (outdated) claim.error_message.reset();
  if (Sets(update, "error_message")) claim.error_message = update.values.error_message;
  if (const auto fault = CheckClaim(claim)) {
    Violations violations;
    violations.Add("job." + fault->field, fault->description);
    return violations.ToStatus();
  }
  return claim;
}

int64_t VersionOf(std::string_view etag) {
  constexpr int64_t kNoVersion = -1;
  int64_t version = kNoVersion;
  const auto [end, error] = std::from_chars(etag.data(), etag.data() + etag.size(), version);
  return error == std::errc() && end == etag.data() + etag.size() ? version : kNoVersion;
}

}  // namespace tms::ledger
