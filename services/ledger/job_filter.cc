#include "services/ledger/job_filter.h"

#include <algorithm>

namespace tms::ledger {
namespace {

template <typename Value>
bool IsAnyOf(const std::vector<Value>& wanted, const Value& value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

bool IsWanted(const std::string& wanted, const std::string& value) {
  return wanted.empty() || wanted == value;
}

}  // namespace

bool MatchesButCid(const JobFilter& filter, const Job& job) {
  const Outcome& outcome = job.outcome;
  return IsAnyOf(filter.user_ids, job.user_id) && IsAnyOf(filter.statuses, outcome.status) &&
         IsAnyOf(filter.failure_reasons, outcome.failure_reason) &&
         IsAnyOf(filter.effects, outcome.effect) && IsAnyOf(filter.action_codes, job.action_code) &&
         IsAnyOf(filter.clusters, job.cluster) && IsWanted(filter.batch_id, job.batch_id) &&
         IsWanted(filter.request_id, job.request_id) &&
         (!filter.http_status || filter.http_status == outcome.http_status) &&
         (!filter.created_after || job.created_at >= *filter.created_after) &&
         (!filter.created_before || job.created_at < *filter.created_before);
}

}  // namespace tms::ledger
