// A server's stream of messages read by a coroutine, over gRPC's callback stubs.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace tms::rpc {

// One stream. At most one message is held, so a slow reader holds the server back. Made by Start;
// Next is called by one coroutine at a time, on the executor given to Start, which must be a
// strand. Who started it calls Close in the end, once.
template <typename Response>
class ServerStream final : public grpc::ClientReadReactor<Response>,
                           public std::enable_shared_from_this<ServerStream<Response>> {
 public:
  struct Options {
    std::vector<std::pair<std::string, std::string>> metadata;
  };

  // `begin(context, reactor)` is the stub's method with its request, which must live as long as
  // `begin`.
  template <typename Begin>
  static std::shared_ptr<ServerStream> Start(boost::asio::any_io_executor executor,
                                             const Options& options, Begin begin) {
    std::shared_ptr<ServerStream> stream(new ServerStream(std::move(executor)));
    for (const auto& [key, value] : options.metadata) stream->context_.AddMetadata(key, value);
    begin(&stream->context_, stream.get());
    // Reads are started from outside of reactions: gRPC must not be done meanwhile.
    stream->AddHold();
    stream->StartRead(&stream->incoming_);
    stream->StartCall();
    return stream;
  }

  enum class Event { kMessage, kNothing, kEnd };

  // Waits at most `limit` for the next message, which is then in message().
  boost::asio::awaitable<Event> Next(absl::Duration limit) {
    Event event = Take();
    if (event == Event::kNothing) {
      timer_->expires_after(absl::ToChronoMilliseconds(limit));
      co_await timer_->async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
      event = Take();
    }
    co_return event;
  }

  const Response& message() const { return message_; }

  // After kEnd.
  grpc::Status status() const {
    absl::MutexLock lock(&mutex_);
    return *status_;
  }

  // Cancels the call and waits until gRPC is done with it, so not on a thread of gRPC's: one of
  // those must not be the last to let go of a channel. Next must not be called after it. The
  // executor may go: nothing of it is touched any more.
  void Close() {
    context_.TryCancel();
    bool release = false;
    {
      absl::MutexLock lock(&mutex_);
      closed_ = true;
      timer_.reset();
      release = !reading_ && !std::exchange(released_, true);
    }
    if (release) this->RemoveHold();
    done_.WaitForNotification();
  }

 private:
  explicit ServerStream(boost::asio::any_io_executor executor)
      : timer_(std::in_place, std::move(executor)) {}

  Event Take() {
    {
      absl::MutexLock lock(&mutex_);
      if (!ready_) return status_.has_value() ? Event::kEnd : Event::kNothing;
      message_.Swap(&incoming_);
      ready_ = false;
      reading_ = true;
    }
    this->StartRead(&incoming_);
    return Event::kMessage;
  }

  void OnReadDone(bool ok) override {
    bool release = false;
    {
      absl::MutexLock lock(&mutex_);
      reading_ = false;
      ready_ = ok && !closed_;
      release = !ready_ && !std::exchange(released_, true);
      if (ready_) Wake();
    }
    if (release) this->RemoveHold();
  }

  void OnDone(const grpc::Status& status) override {
    {
      absl::MutexLock lock(&mutex_);
      status_ = status;
      if (!closed_) Wake();
    }
    done_.Notify();
  }

  void Wake() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    boost::asio::post(timer_->get_executor(), [self = this->shared_from_this()] {
      if (self->timer_.has_value()) self->timer_->cancel();
    });
  }

  grpc::ClientContext context_;
  Response incoming_;  // gRPC's while a read runs
  Response message_;
  std::optional<boost::asio::steady_timer> timer_;  // until Close; used on its executor
  absl::Notification done_;
  mutable absl::Mutex mutex_;
  bool reading_ ABSL_GUARDED_BY(mutex_) = true;
  bool ready_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool released_ ABSL_GUARDED_BY(mutex_) = false;  // the hold is gone, or about to
  std::optional<grpc::Status> status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tms::rpc
