// Who may call which method: the one place where a peer's certificate is looked at.
#pragma once

#include <grpcpp/server_context.h>

#include <string_view>

#include "absl/status/status.h"
#include "common/rpc/call_context.h"
#include "common/rpc/peers.h"

namespace tms::rpc {

// Immutable, so any thread may ask. Owned by main, outlives the server.
class Gatekeeper {
 public:
  // `encrypted`: whether the server demands certificates. Without them every peer counts as every
  // kind: what the network lets through is believed.
  Gatekeeper(PeerNames names, MethodRules rules, bool encrypted)
      : names_(std::move(names)), rules_(std::move(rules)), encrypted_(encrypted) {}

  // Completes `call` with the peer's identity and with the person of the metadata, whom only a
  // gateway or a ledgerctl can name. OK if the peer may call `method` so; else PERMISSION_DENIED:
  // PEER_NOT_ALLOWED (the certificate), PERSON_NOT_BELIEVED or PERSON_REQUIRED (the metadata), or
  // INVALID_ARGUMENT (metadata given twice, too long, unprintable).
  absl::Status Admit(const grpc::ServerContextBase& context, std::string_view method,
                     CallContext& call) const;

 private:
  const PeerNames names_;
  const MethodRules rules_;
  const bool encrypted_;
};

}  // namespace tms::rpc
