// The one function that decides what becomes of a job. Pure: no time, no storage. Every JobStore
// applies its decision in the transaction that records the event.
#pragma once

#include <string>

#include "services/ledger/job.h"

namespace tms::ledger {

// A claim about how a job ended: its `source` says who makes it (told by the owner, resolved by a
// person, presumed by the ledger).
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

// Rules, in order (`current` is how the job stands, `claim` what is said now):
//  * a claim must be a terminal outcome that is consistent in itself (SUCCESS has effect APPLIED
//    or, resolved, UNKNOWN and no failure reason; FAILED told has a failure reason);
//  * PRESUMED applies only to a job that is IN_PROGRESS;
//  * RESOLVED applies to a job that is IN_PROGRESS or presumed or resolved before, and to a told
//    one whose effect is UNKNOWN, of which it may change only effect and error_message (the status
//    follows the effect: APPLIED stays as told). Whether a job IN_PROGRESS is overdue is the
//    caller's to check: `overdue` false rejects;
//  * TOLD applies to a job that is IN_PROGRESS, presumed or resolved; over a resolved one whose
//    status or (known) effect it contradicts, `conflict` is set;
//  * a told outcome never changes by another telling.
TransitionDecision Decide(const Outcome& current, const Outcome& claim, bool overdue);

// Why `outcome` can't be how a job ended, or empty.
std::string CheckClaim(const Outcome& claim);

}  // namespace tms::ledger
