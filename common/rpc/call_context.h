// What a server knows about one call besides its request.
#pragma once

#include <grpcpp/server_context.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace tms::rpc {

struct CallContext {
  // From metadata `x-correlation-id` if that is 1 to 64 of [A-Za-z0-9._-], else made anew.
  std::string correlation_id;
  // From metadata `x-tms-user` and `x-tms-roles` (comma-separated); empty if absent or unprintable.
  std::string user;
  std::vector<std::string> roles;
  std::string peer;
  // What is left of the caller's deadline when the call came in; nothing if it set none.
  std::optional<absl::Duration> time_left;
};

// Whether `text` may serve as a correlation id.
bool IsCorrelationId(std::string_view text);

CallContext ReadCallContext(const grpc::ServerContextBase& context);

}  // namespace tms::rpc
