// A real server on a free port of 127.0.0.1 with a handler that tests steer by the path.
#pragma once

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "common/base/status.h"
#include "common/http/server.h"
#include "tests/support/raw_http_client.h"

namespace tms::http {

// Sends the same piece for ever, or `count` times and then `end`.
class RepeatingProducer final : public BodyProducer {
 public:
  RepeatingProducer(std::string piece, int count, absl::Status end, absl::Notification* gone)
      : piece_(std::move(piece)), left_(count), end_(std::move(end)), gone_(gone) {}
  ~RepeatingProducer() override {
    if (gone_ != nullptr) gone_->Notify();
  }
  boost::asio::awaitable<absl::StatusOr<std::string>> Next() override {
    if (left_-- > 0) co_return piece_;
    if (!end_.ok()) co_return end_;
    co_return "";
  }

 private:
  const std::string piece_;
  int left_;
  const absl::Status end_;
  absl::Notification* const gone_;
};

// Says nothing until it is cancelled.
class SilentProducer final : public BodyProducer {
 public:
  boost::asio::awaitable<absl::StatusOr<std::string>> Next() override {
    boost::asio::steady_timer never(co_await boost::asio::this_coro::executor,
                                    boost::asio::steady_timer::time_point::max());
    co_await never.async_wait(boost::asio::use_awaitable);
    co_return "";
  }
};

class TestHandler final : public Handler {
 public:
  std::variant<size_t, Response> Admit(const Request& head) override {
    if (head.path[0] == "unknown") return Text(404, "unknown");
    return size_t{1000};
  }

  boost::asio::awaitable<Response> Handle(Request request) override {
    ++handled;
    const std::string& name = request.path[0];
    if (name == "throw") throw std::runtime_error("secret");
    if (name == "hold") {
      held.Notify();
      co_await WaitForRelease();
    }
    if (name == "stream") co_return Stream(3, absl::OkStatus());
    if (name == "cut") co_return Stream(1, MakeStatus(absl::StatusCode::kInternal, "cut"));
    if (name == "flood") {
      co_return Response{.producer = std::make_unique<RepeatingProducer>(
                             std::string(1 << 20, 'x'), 1 << 20, absl::OkStatus(), &flood_gone)};
    }
    if (name == "silence") {
      held.Notify();
      co_return Response{.producer = std::make_unique<SilentProducer>()};
    }
    if (name == "not-modified") co_return Text(304, "never sent");
    co_return Text(200, name + ":" + request.body);
  }

  Response OnRefused(const Refusal& refusal, std::string_view) override {
    return Text(refusal.status, refusal.detail);
  }

  // Lets requests for /hold go on.
  void Release() {
    boost::asio::post(strand_, [this] { release_.expires_after(std::chrono::seconds(0)); });
  }

  explicit TestHandler(boost::asio::io_context& io)
      : strand_(boost::asio::make_strand(io)),
        release_(strand_, boost::asio::steady_timer::time_point::max()) {}

  std::atomic<int> handled = 0;
  absl::Notification held;
  absl::Notification flood_gone;

 private:
  static Response Text(int status, std::string text) {
    return {.status = status, .headers = {{"Content-Type", "text/plain"}}, .body = std::move(text)};
  }
  static Response Stream(int count, absl::Status end) {
    return {.producer =
                std::make_unique<RepeatingProducer>("piece;", count, std::move(end), nullptr)};
  }
  boost::asio::awaitable<void> WaitForRelease() {
    const auto wait = [this]() -> boost::asio::awaitable<void> {
      co_await release_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    };
    co_await boost::asio::co_spawn(strand_, wait, boost::asio::use_awaitable);
  }

  boost::asio::strand<boost::asio::io_context::executor_type> strand_;
  boost::asio::steady_timer release_;
};

class TestServer {
 public:
  explicit TestServer(const ServerOptions& options = {})
      : handler(io_), server_(io_.get_executor(), options, handler) {
    port = server_.Listen("127.0.0.1", 0).value();
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { io_.run(); });
  }
  ~TestServer() {
    Stop(absl::ZeroDuration());
    work_.reset();
    for (std::thread& thread : threads_) thread.join();
  }

  void Stop(absl::Duration limit) { StopLater(limit).get(); }
  std::future<void> StopLater(absl::Duration limit) {
    return boost::asio::co_spawn(io_, server_.Stop(limit), boost::asio::use_future);
  }

 private:
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.get_executor()};

 public:
  TestHandler handler;
  uint16_t port = 0;

 private:
  Server server_;
  std::vector<std::thread> threads_;
};

inline std::string Get(std::string_view path) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

inline std::string Post(std::string_view path, std::string_view body) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

}  // namespace tms::http
