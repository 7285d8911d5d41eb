// The services behind the gateway.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "common/rpc/status.h"
#include "common/rpc/tls.h"
#include "common/rpc/unary_call.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "services/gateway/route_table.h"
#include "tms/action/v1/action.grpc.pb.h"
#include "tms/ledger/v1/ledger.grpc.pb.h"

namespace tms::gateway {

// Stubs and a channel, which any thread may use. Owned by main, outlives the server.
struct Services {
  std::unique_ptr<tms::action::v1::ActionService::StubInterface> action;
  std::unique_ptr<tms::ledger::v1::JobLedgerService::StubInterface> ledger;
  std::unique_ptr<grpc::health::v1::Health::StubInterface> action_health;
  std::unique_ptr<grpc::health::v1::Health::StubInterface> ledger_health;
  std::shared_ptr<grpc::ChannelInterface> action_channel;  // the one of `action`
};

class Metrics;

// Connects lazily, so the services may come up later. Without `tls` in plaintext. `metrics`, if
// any, counts calls that fail; it must outlive the result.
Services ConnectServices(const std::string& action_address, const std::string& ledger_address,
                         const std::shared_ptr<rpc::TlsIdentity>& tls = nullptr,
                         Metrics* metrics = nullptr);

// A method of a callback stub: `&JobLedgerService::StubInterface::async_interface::GetJob`.
template <typename Async, typename Request, typename Response>
using UnaryMethod = void (Async::*)(grpc::ClientContext*, const Request*, Response*,
                                    std::function<void(grpc::Status)>);

// Calls in the name of the request's caller.
template <typename Async, typename Request, typename Response>
boost::asio::awaitable<rpc::CallAnswer<Response>> CallService(
    Async* service, UnaryMethod<Async, Request, Response> method, Request request,
    const RequestContext& context, absl::Duration timeout) {
  rpc::CallOptions options{.timeout = timeout,
                           .metadata = {{rpc::kCorrelationIdKey, context.correlation_id}}};
  if (!context.caller.user.empty()) {
    options.metadata.emplace_back(rpc::kUserKey, context.caller.user);
    options.metadata.emplace_back(rpc::kRolesKey, JoinRoles(context.caller.roles));
  }
  const auto start = [service, method](auto* call, auto* question, auto* answer, auto done) {
    (service->*method)(call, question, answer, std::move(done));
  };
  co_return co_await rpc::CallUnary<Response>(start, std::move(request), std::move(options));
}

}  // namespace tms::gateway
