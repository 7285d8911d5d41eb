// Which jobs somebody asks for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/ledger/job.h"

namespace tms::ledger {

// All given conditions must hold; a repeated one matches any of its values; empty means any.
struct JobFilter {
  std::vector<std::string> user_ids;
  std::vector<JobStatus> statuses;
  std::vector<FailureReason> failure_reasons;
  std::vector<Effect> effects;
  std::vector<int> action_codes;
  std::vector<std::string> clusters;
  std::string cid;
  std::string batch_id;
  std::string request_id;
  std::optional<int> http_status;
  std::optional<absl::Time> created_after;   // inclusive
  std::optional<absl::Time> created_before;  // exclusive
};

// Whether every condition but `cid` holds of `job`: a job does not carry its customers.
bool MatchesButCid(const JobFilter& filter, const Job& job);

}  // namespace tms::ledger
