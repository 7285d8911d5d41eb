// The bytes of a Set Action's POST.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/secret.h"
#include "services/action/cluster_client.h"

namespace tms::action {

// `{"action": "T-Enable", "cids": ["a", "b"]}`: what the cluster is sent, byte for byte.
std::string SerialiseBody(std::string_view action, const std::vector<std::string>& cids);

// Whether `token` may stand in a header: one or more visible ASCII characters.
bool IsSendableToken(std::string_view token);

// The whole request, head and body. Holds the bearer token, hence the Secret.
Secret SerialiseRequest(const ClusterCall& call);

}  // namespace tms::action
