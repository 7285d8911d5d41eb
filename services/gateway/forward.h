// What most routes do: a question to one service, its answer as JSON.
#pragma once

#include <utility>

#include "services/gateway/services.h"
#include "services/gateway/transcode.h"

namespace tms::gateway {

using RouteAnswer = absl::StatusOr<http::Response>;

// The services answer reads within milliseconds; a page that has waited this long gives up.
inline constexpr absl::Duration kReadTimeout = absl::Seconds(10);

template <typename Async, typename Request, typename Response>
boost::asio::awaitable<RouteAnswer> Forward(Async* service,
                                            UnaryMethod<Async, Request, Response> method,
                                            Request request, const RequestContext& context) {
  const rpc::CallAnswer<Response> answer =
      co_await CallService(service, method, std::move(request), context, kReadTimeout);
  if (!answer.status.ok()) co_return rpc::FromGrpc(answer.status);
  co_return JsonResponse(ToJson(answer.response));
}

// Reads a list page by page: `take` is called with each page and says whether it wants another one.
// Reads at most `max_pages`.
template <typename Async, typename Request, typename Response, typename Take>
boost::asio::awaitable<absl::Status> ForEachPage(Async* service,
                                                 UnaryMethod<Async, Request, Response> method,
                                                 Request request, const RequestContext& context,
                                                 int max_pages, Take take) {
  for (int page = 0; page < max_pages; ++page) {
    const rpc::CallAnswer<Response> answer =
        co_await CallService(service, method, request, context, kReadTimeout);
    if (!answer.status.ok()) co_return rpc::FromGrpc(answer.status);
    const bool more = take(answer.response);
    request.set_page_token(answer.response.next_page_token());
    if (!more || request.page_token().empty()) break;
  }
  co_return absl::OkStatus();
}

// A route's handler from a function that wants the services.
inline RouteHandler With(Services& services,
                         boost::asio::awaitable<RouteAnswer> (*handle)(Services&,
                                                                       const RequestContext&)) {
  return [&services, handle](const RequestContext& context) { return handle(services, context); };
}

}  // namespace tms::gateway
