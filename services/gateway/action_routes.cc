#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/runtime/logging.h"
#include "google/protobuf/util/time_util.h"
#include "services/gateway/api_routes.h"
#include "services/gateway/forward.h"

namespace tms::gateway {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
namespace v1 = tms::action::v1;
using google::protobuf::util::TimeUtil;
using Action = v1::ActionService::StubInterface::async_interface;

// 50,000 cids of 128 characters take 6.6 MB; with every character escaped, more than fits.
constexpr size_t kMaxActionBytes = size_t{16} * 1024 * 1024;
// The longest that a call to a cluster may take.
constexpr absl::Duration kMaxCallTime = absl::Seconds(120);
// On top of the call's own time: to wait for a slot, and to make the outcome durable.
constexpr absl::Duration kCallMargin = absl::Seconds(15);
// To wait for a slot and to make the start durable.
constexpr absl::Duration kSubmitTimeout = absl::Seconds(30);

// How long a connection to the action service may take.
constexpr auto kConnectPatience = std::chrono::seconds(2);

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
  request.set_user_id(context.caller.user);
  request.set_source_ip(context.request.peer_address);
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

absl::Duration DeadlineOf(const v1::SetActionRequest& request, bool wait) {
  if (!wait) return kSubmitTimeout;
  // Without a timeout, the cluster's own holds, which only the service knows. What is out of range
  // is for the service to refuse.
  const absl::Duration asked =
      request.has_timeout() ? absl::Seconds(request.timeout().seconds() + 1) : kMaxCallTime;
  return std::clamp(asked, absl::ZeroDuration(), kMaxCallTime) + kCallMargin;
}

// The contract of both RPCs: a status that no service of ours decided on says nothing about whether
// the cluster was called.
absl::Status ToActionError(const grpc::Status& status, const RequestContext& context) {
  if (rpc::HasOurDomain(status)) return rpc::FromGrpc(status);
  log::Warning("HTTP", "action_outcome_unknown",
               {{"error", status.error_message()}, {"correlation_id", context.correlation_id}});
  return MakeStatus(static_cast<absl::StatusCode>(status.error_code()), "OUTCOME_UNKNOWN",
                    "the action service gave no answer, so the cluster may have been called: look "
                    "for the job, or ask again with the same request_id");
}

// Whether there is a connection over which the call can go. Without one nothing can have been sent,
// which after a failed call nobody could say.
asio::awaitable<bool> IsReachable(Services& services) {
  constexpr auto kLook = std::chrono::milliseconds(10);
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (auto waited = kLook; waited < kConnectPatience; waited += kLook) {
    if (services.action_channel->GetState(true) == GRPC_CHANNEL_READY) co_return true;
    timer.expires_after(kLook);
    co_await timer.async_wait(asio::use_awaitable);
  }
  co_return false;
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
  if (!co_await IsReachable(services)) {
    co_return MakeStatus(absl::StatusCode::kUnavailable, "ACTION_SERVICE_UNREACHABLE",
                         "the action service can't be reached; nothing was called");
  }
  const absl::Duration deadline = DeadlineOf(*request, *wait);
  using Method = UnaryMethod<Action, v1::SetActionRequest, v1::SetActionResponse>;
  const Method method =
      *wait ? static_cast<Method>(&Action::SetAction) : static_cast<Method>(&Action::SubmitAction);
  const auto answer = co_await CallService(services.action->async(), method, *std::move(request),
                                           context, deadline);
  if (!answer.status.ok()) co_return ToActionError(answer.status, context);
  co_return ToResponse(answer.response);
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
