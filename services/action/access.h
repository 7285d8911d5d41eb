// Which peers and people may have Set Actions carried out: the table of docs/security.md. Pure.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "common/rpc/caller.h"
#include "common/rpc/peers.h"

namespace tms::action {

rpc::MethodRules ActionMethodRules();

// Whether the caller may act in the name of `user_id`. PERMISSION_DENIED: ROLE_REQUIRED for a
// person who is neither operator nor admin, NOT_YOURSELF for another's name.
absl::Status CheckMayAct(const rpc::Caller& caller, std::string_view user_id);

// Whether the caller may look at the spool and decide about its dead letters: a person must be
// admin. PERMISSION_DENIED (ROLE_REQUIRED).
absl::Status CheckMayOperate(const rpc::Caller& caller);

}  // namespace tms::action
