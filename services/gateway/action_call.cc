#include "services/gateway/action_call.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "common/base/status.h"
#include "common/runtime/logging.h"

namespace tms::gateway {
namespace {

namespace asio = boost::asio;
namespace v1 = tms::action::v1;
using Action = v1::ActionService::StubInterface::async_interface;

// The longest that a call to a cluster may take.
constexpr absl::Duration kMaxCallTime = absl::Seconds(120);
// On top of the call's own time: to wait for a slot, and to make the outcome durable.
constexpr absl::Duration kCallMargin = absl::Seconds(15);
// To wait for a slot and to make the start durable.
constexpr absl::Duration kSubmitTimeout = absl::Seconds(30);
// How long a connection to the action service may take.
constexpr auto kConnectPatience = std::chrono::seconds(2);

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

}  // namespace

asio::awaitable<absl::StatusOr<v1::SetActionResponse>> CallAction(Services& services,
                                                                  const RequestContext& context,
                                                                  v1::SetActionRequest request,
                                                                  bool wait) {
  if (!co_await IsReachable(services)) {
    co_return MakeStatus(absl::StatusCode::kUnavailable, "ACTION_SERVICE_UNREACHABLE",
                         "the action service can't be reached; nothing was called");
  }
  request.set_user_id(context.caller.user);
  request.set_source_ip(context.client_address);
  const absl::Duration deadline = DeadlineOf(request, wait);
  using Method = UnaryMethod<Action, v1::SetActionRequest, v1::SetActionResponse>;
  const Method method =
      wait ? static_cast<Method>(&Action::SetAction) : static_cast<Method>(&Action::SubmitAction);
  auto answer =
      co_await CallService(services.action->async(), method, std::move(request), context, deadline);
  if (!answer.status.ok()) co_return ToActionError(answer.status, context);
  co_return std::move(answer.response);
}

}  // namespace tms::gateway
