// The body that a cluster is sent, as text.
#pragma once

#include <span>
#include <string>

namespace tms::ledger {

// `{"action": "T-Enable", "cids": ["…", "…"]}`, exactly as the body of the call.
std::string RequestPayload(const std::string& action, std::span<const std::string> cids);

// `["…", "…"]`
std::string JsonArray(std::span<const std::string> texts);

}  // namespace tms::ledger
