#include "services/ledger/job_transitions.h"

namespace tms::ledger {
namespace {

bool IsTerminal(const Outcome& outcome) { return outcome.status != JobStatus::kInProgress; }

bool HasOutcome(const Outcome& outcome) {
  return IsTerminal(outcome) || outcome.source != OutcomeSource::kNone;
}

TransitionDecision Reject(std::string why) {
  return {.kind = TransitionDecision::Kind::kReject, .next = {}, .why = std::move(why)};
}

TransitionDecision Apply(const Outcome& current, const Outcome& claim, bool contradicts) {
  TransitionDecision decision{.kind = TransitionDecision::Kind::kApply, .next = claim, .why = {}};
  decision.next.conflict = current.conflict || contradicts;
  return decision;
}

bool IsKnown(Effect effect) { return effect == Effect::kApplied || effect == Effect::kNotApplied; }

bool Contradicts(const Outcome& told, const Outcome& resolved) {
  return told.status != resolved.status ||
         (IsKnown(told.effect) && IsKnown(resolved.effect) && told.effect != resolved.effect);
}

// The effects that an owner may tell with each reason of a failure.
bool MayBeTold(FailureReason reason, Effect effect) {
  switch (reason) {
    case FailureReason::kNotCalled:
    case FailureReason::kConnectError:
    case FailureReason::kRejected:
      return effect == Effect::kNotApplied;
    case FailureReason::kTimeout:
    case FailureReason::kHttpError:
      return effect == Effect::kNotApplied || effect == Effect::kUnknown;
    case FailureReason::kConnectionLost:
    case FailureReason::kInvalidResponse:
      return effect == Effect::kUnknown;
    case FailureReason::kNone:
    case FailureReason::kInterrupted:
      return false;
  }
  return false;
}

// Whether only who made the call can know this reason.
bool IsOwners(FailureReason reason) {
  return reason != FailureReason::kNone && reason != FailureReason::kInterrupted;
}

bool ComesWithoutAnswer(FailureReason reason) {
  return reason == FailureReason::kNotCalled || reason == FailureReason::kConnectError ||
         reason == FailureReason::kConnectionLost;
}

using Fault = std::optional<FieldViolation>;

Fault CheckToldFailure(const Outcome& claim) {
  const FailureReason reason = claim.failure_reason;
  if (!IsOwners(reason)) return {{"failure_reason", "must say why the call failed"}};
  if (!MayBeTold(reason, claim.effect)) {
    return {{"effect", "does not go with failure_reason " + std::string(ToWord(reason))}};
  }
  if (claim.http_status.has_value() && ComesWithoutAnswer(reason)) {
    return {{"http_status", "there was no answer to have one"}};
  }
  return {};
}

Fault CheckPresumed(const Outcome& claim) {
  if (claim.failure_reason != FailureReason::kInterrupted) {
    return {{"failure_reason", "only INTERRUPTED is presumed"}};
  }
  if (claim.effect != Effect::kUnknown) return {{"effect", "a presumed one is UNKNOWN"}};
  if (claim.http_status.has_value()) return {{"http_status", "there was no answer to have one"}};
  return {};
}

TransitionDecision DecideTold(const Outcome& current, const Outcome& claim) {
  if (WasTold(current)) return Reject("the outcome was told before and is final");
  if (IsTerminal(current) && current.source == OutcomeSource::kNone) {
    return Reject("the job was taken over with its outcome and has no owner");
  }
  const bool resolved = current.source == OutcomeSource::kResolved;
  return Apply(current, claim, resolved && Contradicts(claim, current));
}

TransitionDecision DecideResolved(const Outcome& current, const Outcome& claim, bool overdue) {
  if (!IsTerminal(current) && !overdue) {
    return Reject("the job is not overdue: its owner may still tell the outcome");
  }
  if (!WasTold(current)) {
    if (IsOwners(claim.failure_reason))
      return Reject("only the owner can give this failure_reason");
    return Apply(current, claim, false);
  }
  if (current.source == OutcomeSource::kTold && IsKnown(current.effect)) {
    return Reject("the outcome was told by the owner and is final");
  }
  if (claim.status != current.status || claim.http_status != current.http_status ||
      claim.failure_reason != current.failure_reason) {
    return Reject("the owner told how the call ended: only effect and error_message may change");
  }
  return Apply(current, claim, false);
}

}  // namespace

bool WasTold(const Outcome& outcome) {
  if (outcome.source == OutcomeSource::kTold) return true;
  return outcome.source == OutcomeSource::kResolved && IsOwners(outcome.failure_reason);
}

std::optional<FieldViolation> CheckClaim(const Outcome& claim) {
  if (claim.source == OutcomeSource::kNone) return {{"outcome_source", "somebody must say it"}};
  if (!IsTerminal(claim)) return {{"status", "must be SUCCESS or FAILED"}};
  if (claim.effect == Effect::kUnspecified) return {{"effect", "must be given"}};
  if (claim.status == JobStatus::kSuccess) {
    if (claim.source == OutcomeSource::kPresumed) return {{"status", "success is never presumed"}};
    if (claim.effect != Effect::kApplied) return {{"effect", "a success is APPLIED"}};
    if (claim.failure_reason != FailureReason::kNone) {
      return {{"failure_reason", "a success has none"}};
    }
    return {};
  }
  if (claim.source == OutcomeSource::kTold) return CheckToldFailure(claim);
  if (claim.source == OutcomeSource::kPresumed) return CheckPresumed(claim);
  return {};
}

TransitionDecision Decide(const Outcome& current, const Outcome& claim, bool overdue) {
  if (const auto fault = CheckClaim(claim)) return Reject(fault->field + ": " + fault->description);
  switch (claim.source) {
    case OutcomeSource::kPresumed:
      if (HasOutcome(current)) return Reject("the job has ended already");
      return Apply(current, claim, false);
    case OutcomeSource::kTold:
      return DecideTold(current, claim);
    case OutcomeSource::kResolved:
      return DecideResolved(current, claim, overdue);
    case OutcomeSource::kNone:
      break;
  }
  return Reject("nobody says so");
}

}  // namespace tms::ledger
