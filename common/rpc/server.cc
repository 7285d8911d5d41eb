#include "common/rpc/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>

#include <chrono>
#include <mutex>

#include "common/base/host_port.h"
#include "common/base/status.h"
#include "common/rpc/channel.h"

namespace tms::rpc {
namespace {

// Calls at a time on one connection; the default has no bound.
constexpr int kMaxStreamsPerConnection = 1'024;
constexpr int kHandshakeTimeoutMs = 10'000;
constexpr int kMaxMetadataBytes = 16 << 10;

void InstallPlugins(bool reflection) {
  grpc::EnableDefaultHealthCheckService(true);
  static std::once_flag once;
  if (reflection) std::call_once(once, grpc::reflection::InitProtoReflectionServerBuilderPlugin);
}

void Configure(grpc::ServerBuilder& builder) {
  // On by itself: a second server would then take half of our port's calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 20'000);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(kMaxMessageBytes);
}

}  // namespace

absl::Status CheckListen(const ServerOptions& options) {
  const auto address = ParseHostPort(options.listen);
  if (options.tls || options.insecure_listen || (address && IsLoopbackHost(address->host))) {
    return absl::OkStatus();
  }
  return MakeStatus(absl::StatusCode::kInvalidArgument,
                    "--listen: without --tls-cert, --tls-key and --tls-ca everybody would be let "
                    "in, so it must be a loopback address (or say --insecure-listen)");
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                                      const std::vector<grpc::Service*>& services) {
  TMS_RETURN_IF_ERROR(CheckListen(options));
  InstallPlugins(options.reflection);
  grpc::ServerBuilder builder;
  Configure(builder);
  auto server = std::unique_ptr<Server>(new Server());
  const auto credentials =
      options.tls ? options.tls->ForServer() : grpc::InsecureServerCredentials();
  builder.AddListeningPort(options.listen, credentials, &server->port_);
  for (grpc::Service* service : services) builder.RegisterService(service);
  server->server_ = builder.BuildAndStart();
  if (!server->server_ || server->port_ == 0) {
    return MakeStatus(absl::StatusCode::kUnavailable,
                      "can't listen on " + options.listen + ": in use or not an address of ours");
  }
  server->SetServing(false);
  return server;
}

Server::~Server() {
  if (server_) Shutdown(absl::ZeroDuration());
}

void Server::SetServing(bool serving) {
  server_->GetHealthCheckService()->SetServingStatus(serving);
}

void Server::Shutdown(absl::Duration limit) {
  SetServing(false);
  server_->Shutdown(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(limit));
}

}  // namespace tms::rpc
