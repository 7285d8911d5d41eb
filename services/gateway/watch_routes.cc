#include <boost/asio/this_coro.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/rpc/server_stream.h"
#include "services/gateway/forward.h"
#include "services/gateway/own_jobs.h"
#include "services/gateway/stream_routes.h"

namespace tms::gateway {
namespace {

namespace asio = boost::asio;
namespace v1 = tms::ledger::v1;
using Ledger = v1::JobLedgerService::StubInterface::async_interface;
using Stream = rpc::ServerStream<v1::WatchJobsResponse>;

// How long a browser waits before it connects again.
constexpr std::string_view kHello = "retry: 2000\n\n";
constexpr std::string_view kHeartbeat = ": still here\n\n";

// One event of the stream. Without an id, the reader keeps the one before.
std::string SseEvent(std::string_view name, std::string_view id, std::string_view data) {
  std::string event;
  if (!id.empty()) event += "id: " + std::string(id) + "\n";
  return event + "event: " + std::string(name) + "\ndata: " + std::string(data) + "\n\n";
}

std::string ToEvent(const v1::WatchJobsResponse& response) {
  // The first response only tells where the stream begins.
  if (!response.has_job()) return SseEvent("bookmark", response.resume_token(), "{}");
  return SseEvent("job", response.resume_token(), ToJson(response.job()));
}

// The ledger's stream as Server-Sent Events, one coroutine at a time.
class WatchProducer final : public http::BodyProducer {
 public:
  WatchProducer(StreamParts& parts, StreamSlots::Slot slot, v1::WatchJobsRequest request,
                RequestContext context)
      : parts_(parts),
        slot_(std::move(slot)),
        request_(std::move(request)),
        context_(std::move(context)) {}
  ~WatchProducer() override {
    if (stream_ != nullptr) stream_->Close();
  }

  asio::awaitable<absl::StatusOr<std::string>> Next() override {
    if (stream_ == nullptr) {
      const asio::any_io_executor executor = co_await asio::this_coro::executor;
      Open(executor);
      co_return std::string(kHello);
    }
    if (ended_) co_return std::string();
    const absl::Duration silent_since = SystemClock().SinceBoot();
    while (true) {
      const Stream::Event event = co_await stream_->Next(parts_.session_check);
      if (!parts_.authenticator.StillHolds(context_.caller)) co_return Last("session_ended");
      if (event == Stream::Event::kMessage) co_return ToEvent(stream_->message());
      if (event == Stream::Event::kEnd) co_return AtEnd(stream_->status());
      if (parts_.draining) co_return std::string();
      const absl::Duration silence = SystemClock().SinceBoot() - silent_since;
      if (silence >= parts_.heartbeat) co_return std::string(kHeartbeat);
    }
  }

 private:
  void Open(const asio::any_io_executor& executor) {
    const Stream::Options options{.metadata = {{rpc::kCorrelationIdKey, context_.correlation_id},
                                               {rpc::kUserKey, context_.caller.user},
                                               {rpc::kRolesKey, JoinRoles(context_.caller.roles)}}};
    stream_ = Stream::Start(executor, options, [this](auto* call, auto* reactor) {
      parts_.services.ledger->async()->WatchJobs(call, &request_, reactor);
    });
  }

  std::string Last(std::string_view event) {
    ended_ = true;
    return SseEvent(event, "", "{}");
  }

  // Browsers connect again by themselves, with the last id, after any end.
  std::string AtEnd(const grpc::Status& status) {
    ended_ = true;
    if (status.error_code() != grpc::StatusCode::OUT_OF_RANGE) return "";
    // An empty id makes the browser forget the one that the ledger does not know.
    return "id:\nevent: reset\ndata: {\"reason\":\"RESUME_TOKEN_UNKNOWN\"}\n\n";
  }

  StreamParts& parts_;
  const StreamSlots::Slot slot_;
  const v1::WatchJobsRequest request_;
  const RequestContext context_;
  std::shared_ptr<Stream> stream_;
  bool ended_ = false;
};

absl::StatusOr<v1::WatchJobsRequest> ParseWatch(const RequestContext& context) {
  v1::WatchJobsRequest request;
  TMS_RETURN_IF_ERROR(FromQuery(context.request.query, {request.mutable_filter(), &request}));
  TMS_RETURN_IF_ERROR(KeepToOwn(context.caller, *request.mutable_filter()->mutable_user_ids()));
  // What a browser sends when it connects again is newer than what the page put into the address.
  const std::string_view last = context.request.FindHeader("last-event-id");
  if (!last.empty()) request.set_resume_token(std::string(last));
  return request;
}

asio::awaitable<RouteAnswer> Watch(StreamParts& parts, const RequestContext& context) {
  absl::StatusOr<v1::WatchJobsRequest> request = ParseWatch(context);
  if (!request.ok()) co_return request.status();
  StreamSlots::Slot slot = parts.watches.Take(context.caller.user);
  if (!slot) {
    co_return MakeStatus(absl::StatusCode::kResourceExhausted, "TOO_MANY_WATCHES",
                         "too many watches at the same time; close another page");
  }
  http::Response response{.headers = {{"Content-Type", "text/event-stream"},
                                      {"Cache-Control", "no-store"},
                                      // So that proxies in front of us pass events on at once.
                                      {"X-Accel-Buffering", "no"}}};
  response.producer =
      std::make_unique<WatchProducer>(parts, std::move(slot), *std::move(request), context);
  co_return response;
}

}  // namespace

std::vector<Route> WatchRoutes(StreamParts& parts) {
  return {{.method = "GET",
           .pattern = "/api/v1/jobs:watch",
           // A browser opens it again and again by itself, and can't say so.
           .is_activity = false,
           .handler = [&parts](const RequestContext& context) { return Watch(parts, context); }}};
}

}  // namespace tms::gateway
