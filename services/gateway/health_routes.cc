#include <string>
#include <string_view>

#include "services/gateway/api_routes.h"
#include "services/gateway/forward.h"

namespace tms::gateway {
namespace {

namespace asio = boost::asio;
namespace health = grpc::health::v1;
using Health = health::Health::StubInterface::async_interface;

// Well below the patience of whoever probes us.
constexpr absl::Duration kProbeTimeout = absl::Seconds(1);

// SERVING, NOT_SERVING, or UNREACHABLE.
asio::awaitable<std::string> Probe(health::Health::StubInterface& service,
                                   const RequestContext& context) {
  const auto answer = co_await CallService(service.async(), &Health::Check,
                                           health::HealthCheckRequest(), context, kProbeTimeout);
  if (!answer.status.ok()) co_return "UNREACHABLE";
  co_return health::HealthCheckResponse::ServingStatus_Name(answer.response.status());
}

asio::awaitable<RouteAnswer> Live(Services&, const RequestContext&) {
  co_return JsonResponse(R"({"status":"live"})");
}

asio::awaitable<RouteAnswer> Ready(Services& services, const RequestContext& context) {
  const std::string action = co_await Probe(*services.action_health, context);
  const std::string ledger = co_await Probe(*services.ledger_health, context);
  std::string_view status = "ready";
  if (ledger != "SERVING") status = "degraded";
  if (action != "SERVING") status = "not_ready";
  http::Response response =
      JsonResponse(R"({"status":")" + std::string(status) + R"(","action_service":")" + action +
                   R"(","job_ledger_service":")" + ledger + R"("})");
  if (status == "not_ready") response.status = 503;
  co_return response;
}

}  // namespace

std::vector<Route> HealthRoutes(Services& services) {
  return {
      {.method = "GET",
       .pattern = "/healthz",
       .access = Access::kAnyone,
       .handler = With(services, Live)},
      {.method = "GET",
       .pattern = "/readyz",
       .access = Access::kAnyone,
       .handler = With(services, Ready)},
  };
}

}  // namespace tms::gateway
