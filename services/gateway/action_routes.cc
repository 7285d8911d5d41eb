#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/status.h"
#include "services/gateway/action_call.h"
#include "services/gateway/api_routes.h"
#include "services/gateway/forward.h"

namespace tms::gateway {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
namespace v1 = tms::action::v1;
using Action = v1::ActionService::StubInterface::async_interface;

// Who acts, and from where, is not for the body to say.
constexpr std::string_view kSessionFields[] = {"user_id", "source_ip"};

absl::StatusOr<v1::SetActionRequest> ParseAction(const RequestContext& context) {
  TMS_ASSIGN_OR_RETURN(const json::object body, ParseObject(context.request.body));
  Violations violations;
  for (const std::string_view name : kSessionFields) {
    if (body.contains(json::string_view(name.data(), name.size()))) {
      violations.Add(name, "comes from the session");
    }
  }
  TMS_RETURN_IF_ERROR(violations.ToStatus());
  v1::SetActionRequest request;
  TMS_RETURN_IF_ERROR(FromJson(body, request));
  return request;
}

// `wait`, the one query parameter.
absl::StatusOr<bool> ParseWait(const RequestContext& context) {
  bool wait = true;
  Violations violations;
  for (const http::QueryParameter& parameter : context.request.query) {
    if (parameter.name != "wait") {
      violations.Add(parameter.name, "unknown parameter");
    } else if (parameter.value != "true" && parameter.value != "false") {
      violations.Add("wait", "must be true or false");
    }
    wait = parameter.value != "false";
  }
  TMS_RETURN_IF_ERROR(violations.ToStatus());
  return wait;
}

// Without `response_body`: what is kept of the cluster's answer is in the job's `response_summary`.
http::Response ToResponse(const v1::SetActionResponse& response) {
  return JsonResponse("{\"job\":" + ToJson(response.job()) + ",\"deduplicated\":" +
                      (response.deduplicated() ? "true" : "false") + ",\"recorded_in\":\"" +
                      v1::SetActionResponse::RecordedIn_Name(response.recorded_in()) + "\"}");
}

asio::awaitable<RouteAnswer> SetAction(Services& services, const RequestContext& context) {
  const absl::StatusOr<bool> wait = ParseWait(context);
  if (!wait.ok()) co_return wait.status();
  absl::StatusOr<v1::SetActionRequest> request = ParseAction(context);
  if (!request.ok()) co_return request.status();
  const auto response = co_await CallAction(services, context, *std::move(request), *wait);
  if (!response.ok()) co_return response.status();
  co_return ToResponse(*response);
}

asio::awaitable<RouteAnswer> ListClusters(Services& services, const RequestContext& context) {
  const absl::Status status = FromQuery(context.request.query, {});
  if (!status.ok()) co_return status;
  co_return co_await Forward(services.action->async(), &Action::ListClusters,
                             v1::ListClustersRequest(), context);
}

asio::awaitable<RouteAnswer> ListActions(Services& services, const RequestContext& context) {
  const absl::Status status = FromQuery(context.request.query, {});
  if (!status.ok()) co_return status;
  co_return co_await Forward(services.action->async(), &Action::ListActions,
                             v1::ListActionsRequest(), context);
}

asio::awaitable<RouteAnswer> GetMe(Services&, const RequestContext& context) {
  const absl::Status status = FromQuery(context.request.query, {});
  if (!status.ok()) co_return status;
  const std::vector<std::string> names = context.caller.roles.Names();
  json::array roles(names.begin(), names.end());
  co_return JsonResponse(
      json::serialize(json::object{{"user_id", context.caller.user}, {"roles", std::move(roles)}}));
}

}  // namespace

std::vector<Route> ActionRoutes(Services& services) {
  return {
      {.method = "POST",
       .pattern = "/api/v1/actions",
       .roles = {Role::kOperator, Role::kAdmin},
       .max_body_bytes = kMaxActionBytes,
       .handler = With(services, SetAction)},
      {.method = "GET", .pattern = "/api/v1/actions", .handler = With(services, ListActions)},
      {.method = "GET", .pattern = "/api/v1/clusters", .handler = With(services, ListClusters)},
      {.method = "GET", .pattern = "/api/v1/me", .handler = With(services, GetMe)},
  };
}

}  // namespace tms::gateway
