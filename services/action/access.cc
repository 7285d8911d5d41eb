#include "services/action/access.h"

#include "common/base/status.h"

namespace tms::action {

rpc::MethodRules ActionMethodRules() {
  constexpr rpc::Peers kCallers = rpc::kGateway | rpc::kLedgerctl | rpc::kInternal;
  return {
      {"SetAction", {.peers = kCallers}},
      {"SubmitAction", {.peers = kCallers}},
      {"ListClusters", {.peers = kCallers}},
      {"ListActions", {.peers = kCallers}},
      {"GetSpoolState", {.peers = rpc::kLedgerctl}},
      {"ListDeadLetters", {.peers = rpc::kLedgerctl}},
      {"ResolveDeadLetter", {.peers = rpc::kLedgerctl}},
  };
}

absl::Status CheckMayAct(const rpc::Caller& caller, std::string_view user_id) {
  if (!caller.IsPerson()) return absl::OkStatus();
  if (!caller.Has(rpc::kOperator) && !caller.Has(rpc::kAdmin)) {
    return MakeStatus(absl::StatusCode::kPermissionDenied, "ROLE_REQUIRED",
                      "needs role operator or admin");
  }
  if (caller.user == user_id) return absl::OkStatus();
  return MakeStatus(absl::StatusCode::kPermissionDenied, "NOT_YOURSELF",
                    "user_id: must be the caller's own");
}

absl::Status CheckMayOperate(const rpc::Caller& caller) {
  if (!caller.IsPerson() || caller.Has(rpc::kAdmin)) return absl::OkStatus();
  return MakeStatus(absl::StatusCode::kPermissionDenied, "ROLE_REQUIRED", "needs role admin");
}

}  // namespace tms::action
