// The one function that decides what becomes of a job. Pure: no time, no storage. Every JobStore
// applies its decision in the transaction that records the event.
#pragma once

#include <optional>
#include <string>

#include "common/base/status.h"
#include "services/ledger/job.h"

namespace tms::ledger {

struct TransitionDecision {
  enum class Kind {
    // The job becomes `next`.
    kApply,
    // The claim is recorded in the history and changes nothing; `why` says which rule holds.
    kReject,
  };
  Kind kind = Kind::kReject;
  Outcome next;
  std::string why;
};

// `current` is how the job stands, `claim` what is said now; its `source` says who makes it: told
// by the owner, resolved by a person, presumed by the ledger. Rules, in order:
//  * a claim must be consistent in itself, see CheckClaim;
//  * PRESUMED applies only to a job that is IN_PROGRESS;
//  * a job taken over with an outcome from the replaced system (terminal, no source) has no owner:
//    it may be resolved, never told;
//  * TOLD applies to a job that is IN_PROGRESS, presumed, or resolved without ever having been
//    told; over a resolved one whose status or known effect it contradicts, `conflict` is set. What
//    was told never changes by another telling;
//  * RESOLVED applies to a job that is IN_PROGRESS if it is `overdue`, to one that was never told,
//    and to one that was told with an UNKNOWN effect. Of the latter only `effect` and
//    `error_message` may change, now and by later resolutions: the rest stays as told. So an effect
//    APPLIED may stand beside a status FAILED.
//  * `conflict`, once set, stays.
TransitionDecision Decide(const Outcome& current, const Outcome& claim, bool overdue);

// Which field of `claim` can't be so at the end of a job, if any. SUCCESS means APPLIED and has no
// failure reason. Told by the owner, FAILED has one of the pairs of reason and effect that the
// classification of answers knows; presumed, it is INTERRUPTED with an UNKNOWN effect; resolved, it
// has any effect.
std::optional<FieldViolation> CheckClaim(const Outcome& claim);

// Whether the job's owner has told how the call ended, also where a person has settled the effect
// since. (A resolution never invents a failure reason that only an owner can know.)
bool WasTold(const Outcome& outcome);

}  // namespace tms::ledger
