// A start as most tests want it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "services/ledger/job.h"

namespace tms::ledger {

inline OwnerEvent MakeStarted(const std::string& job_id, absl::Time at,
                              std::vector<std::string> cids = {"cid-1", "cid-2"}) {
  return {.job_id = job_id,
          .event_seq = 1,
          .occurred_at = at,
          .owner = "owner-1",
          .incarnation = 1,
          .fact = JobStart{.user_id = "ann",
                           .action_code = 3,
                           .action_name = "T-Enable",
                           .cluster = "east",
                           .cluster_url = "https://east.example",
                           .cids = std::move(cids),
                           .timeout = absl::Seconds(30)}};
}

}  // namespace tms::ledger
