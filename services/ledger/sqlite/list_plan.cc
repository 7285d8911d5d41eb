#include "services/ledger/sqlite/list_plan.h"

#include <algorithm>

namespace tms::ledger {
namespace {

template <typename T>
bool IsOnly(const std::vector<T>& values, T value) {
  return values.size() == 1 && values.front() == value;
}

// Only jobs that FAILED have a reason for it.
bool MeansFailed(const JobFilter& filter) {
  if (IsOnly(filter.statuses, JobStatus::kFailed)) return true;
  return !filter.failure_reasons.empty() &&
         std::ranges::find(filter.failure_reasons, FailureReason::kNone) ==
             filter.failure_reasons.end();
}

}  // namespace

ListDriver PlanList(const JobFilter& filter, bool cid_is_rare) {
  if (!filter.request_id.empty()) return ListDriver::kRequestId;
  if (!filter.batch_id.empty()) return ListDriver::kBatch;
  if (!filter.cid.empty() && cid_is_rare) return ListDriver::kCid;
  if (IsOnly(filter.statuses, JobStatus::kInProgress)) return ListDriver::kInProgress;
  if (IsOnly(filter.effects, Effect::kUnknown)) return ListDriver::kEffectUnknown;
  if (filter.http_status >= kHttpErrorFrom) return ListDriver::kHttpError;
  if (filter.user_ids.size() == 1) return ListDriver::kUser;
  if (MeansFailed(filter)) return ListDriver::kFailed;
  if (filter.clusters.size() == 1) return ListDriver::kCluster;
  return ListDriver::kCreated;
}

}  // namespace tms::ledger
