// The flags that choose jobs: one for each field of the contract's JobFilter.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tms/ledger/v1/ledger.pb.h"

namespace CLI {
class App;
}  // namespace CLI

namespace tms::ledgerctl {

// As they were typed; empty means not given.
struct FilterFlags {
  std::vector<std::string> user_ids;
  std::vector<std::string> statuses;
  std::vector<std::string> failure_reasons;
  std::vector<std::string> effects;
  std::vector<int> action_codes;
  std::vector<std::string> clusters;
  std::string cid;
  std::string batch_id;
  std::string request_id;
  std::optional<int> http_status;
  std::string created_after;
  std::string created_before;
};

// The flags that `stats` shares with `jobs list`.
void AddStatsFilterFlags(CLI::App& command, FilterFlags& flags);
// All of them.
void AddFilterFlags(CLI::App& command, FilterFlags& flags);

// Errors: INVALID_ARGUMENT that names the flag. `now` is what ages are counted back from.
absl::StatusOr<tms::ledger::v1::JobFilter> MakeFilter(const FilterFlags& flags, absl::Time now);

}  // namespace tms::ledgerctl
