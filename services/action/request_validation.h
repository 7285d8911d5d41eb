// From what a caller sent to what may be carried out.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/memory_budget.h"
#include "common/base/secret.h"
#include "services/action/catalogue.h"
#include "tms/action/v1/action.pb.h"

namespace tms::action {

// A Set Action that keeps every limit of action.proto.
struct ActionRequest {
  const Cluster* cluster = nullptr;
  int action_code = 0;
  std::string action_name;  // as the caller wrote it
  std::vector<std::string> cids;
  std::string user_id;
  std::string request_id;
  // What makes two requests with one request_id the same; empty without request_id.
  std::string fingerprint;
  std::string batch_id;
  absl::Duration timeout;
  std::string source_ip;
  std::string rerun_of;
  bool accept_possible_repeat = false;
  Secret bearer_token;
  MemoryBudget::Share memory;  // held until the outcome is durable; taken by the edge
  std::string correlation_id;  // of the call that brought it; for the log, set by the edge
};

// Pure. INVALID_ARGUMENT names every wrong field. Whatever the result, the token is taken out of
// `request` and its copy there is wiped.
absl::StatusOr<ActionRequest> ValidateRequest(v1::SetActionRequest& request,
                                              const Catalogue& catalogue);

// SHA-256 over cluster, action as written, the ordered cids and batch_id. Part of what the ledger
// stores: changing it makes retries of older requests look like other content.
std::string Fingerprint(const ActionRequest& request);

}  // namespace tms::action
