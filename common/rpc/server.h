// One gRPC server of ours: built with bounded settings, drained in order.
#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/tls.h"

namespace tms::rpc {

struct ServerOptions {
  std::string listen;  // HOST:PORT; port 0: any free one
  bool reflection = false;
  // Whom to be and whom to believe. Without it nothing is encrypted and everybody is believed.
  std::shared_ptr<TlsIdentity> tls;
  // Listen on other than loopback addresses although there is no `tls`.
  bool insecure_listen = false;
};

// INVALID_ARGUMENT if strangers could reach a server that believes everybody.
absl::Status CheckListen(const ServerOptions& options);

// Serves until it is shut down. Owned by main and used by main's thread only.
class Server {
 public:
  // Listens and serves `services`, which must outlive the server, and grpc.health.v1 (NOT_SERVING
  // until SetServing). Fails as CheckListen does, or with UNAVAILABLE if the address is
  // in use.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                       const std::vector<grpc::Service*>& services);
  ~Server();

  // Where it listens.
  int port() const { return port_; }

  // What grpc.health.v1 answers for the whole server. Thread-safe.
  void SetServing(bool serving);

  // Takes no new calls; lets those in flight end, at most until `limit`, then cancels them. Streams
  // must have been told to end before. Never call it from a reaction.
  void Shutdown(absl::Duration limit);

 private:
  Server() = default;

  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace tms::rpc
