// How a list of jobs is read: which index leads, and what is then looked at row by row. Pure.
#pragma once

#include "services/ledger/job_store.h"

namespace tms::ledger {

// What leads the way through the jobs; every way is in the list's order. All other
// conditions are checked on each row that is passed.
enum class ListDriver {
  kRequestId,
  kBatch,
  kCid,
  kInProgress,
  kEffectUnknown,
  kHttpError,
  kUser,
  kFailed,
  kCluster,
  kCreated,
};

// The way that passes the fewest rows, by what is known without looking: an id names few jobs, jobs
// in progress are few, a user has less than everybody. `cid_is_rare`: that cid has few jobs.
ListDriver PlanList(const JobFilter& filter, bool cid_is_rare);

// Answers with an HTTP status from here on have an index of their own.
inline constexpr int kHttpErrorFrom = 300;

}  // namespace tms::ledger
