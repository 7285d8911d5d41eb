// A unary call from a coroutine: `co_await CallUnary(…)` over gRPC's callback stubs.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/status.h"

namespace tms::rpc {

struct CallOptions {
  // Every call has one: a peer that never answers must not hold a coroutine for ever.
  absl::Duration timeout;
  std::vector<std::pair<std::string, std::string>> metadata;
};

// What a call's answer was: the grpc::Status as it came (HasOurDomain tells who decided), and the
// response if that is OK.
template <typename Response>
struct CallAnswer {
  grpc::Status status;
  Response response;
};

// Makes the call and resumes on the awaiting coroutine's executor. `start` is the callback stub's
// method: `[&](auto* context, auto* request, auto* response, auto done) {
//   stub.async()->GetJob(context, request, response, std::move(done)); }`; it runs at once.
// Cancelling the coroutine cancels the call.
template <typename Response, typename Request, typename Start>
boost::asio::awaitable<CallAnswer<Response>> CallUnary(Start start, Request request,
                                                       CallOptions options) {
  namespace asio = boost::asio;
  struct Call {
    grpc::ClientContext context;
    Request request;
    CallAnswer<Response> answer;
  };
  auto call = std::make_shared<Call>();
  call->request = std::move(request);
  call->context.set_deadline(std::chrono::system_clock::now() +
                             absl::ToChronoMicroseconds(options.timeout));
  for (const auto& [key, value] : options.metadata) call->context.AddMetadata(key, value);

  const auto initiate = [&start, call](auto handler) {
    using Handler = decltype(handler);
    // Each copy counts as work, so that the context outlives those on gRPC's threads. A work guard
    // would not do: it holds one copy that does not count.
    const auto executor = asio::prefer(asio::get_associated_executor(handler),
                                       asio::execution::outstanding_work.tracked);
    if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected()) {
      slot.assign([weak = std::weak_ptr<Call>(call)](asio::cancellation_type) {
        if (const auto alive = weak.lock()) alive->context.TryCancel();
      });
    }
    // std::function wants a copyable callback; the handler is move-only.
    auto shared = std::make_shared<Handler>(std::move(handler));
    // The thread of gRPC's that brings the answer lets go of the call before anybody goes on: were
    // it the last to do so, of a channel too, it would wait for its own end.
    start(&call->context, &call->request, &call->answer.response,
          std::function<void(grpc::Status)>([call, shared, executor](grpc::Status status) mutable {
            call->answer.status = std::move(status);
            asio::post(executor, [call = std::move(call), shared = std::move(shared)] {
              std::move (*shared)();
            });
          }));
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate,
                                                                       asio::use_awaitable);
  co_return std::move(call->answer);
}

// The same as a StatusOr, with Reason and violations of our services.
template <typename Response, typename Request, typename Start>
boost::asio::awaitable<absl::StatusOr<Response>> CallUnaryOr(Start start, Request request,
                                                             CallOptions options) {
  CallAnswer<Response> answer =
      co_await CallUnary<Response>(std::move(start), std::move(request), std::move(options));
  if (!answer.status.ok()) co_return FromGrpc(answer.status);
  co_return std::move(answer.response);
}

}  // namespace tms::rpc
