// What a server knows about one call besides its request.
#pragma once

#include <grpcpp/server_context.h>

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "common/rpc/caller.h"
#include "common/rpc/peers.h"

namespace tms::rpc {

// The caller, as Gatekeeper found it: from metadata `x-tms-user` and `x-tms-roles`
// (comma-separated) of a peer that may speak for people, else nobody.
struct CallContext : Caller {
  // From metadata `x-correlation-id` if that is 1 to 64 of [A-Za-z0-9._-], else made anew.
  std::string correlation_id;
  // The peer's address, and the URI in its certificate; empty without TLS or without exactly one.
  std::string peer;
  std::string identity;
  // The kinds of which the peer may call this method; without TLS it counts as each.
  Peers peers = kNobody;
  // What is left of the caller's deadline when the call came in; nothing if it set none.
  std::optional<absl::Duration> time_left;
};

// Whether `text` may serve as a correlation id.
bool IsCorrelationId(std::string_view text);

// All but the caller, the identity and the kinds, which Gatekeeper::Admit adds.
CallContext ReadCallContext(const grpc::ServerContextBase& context);

}  // namespace tms::rpc
