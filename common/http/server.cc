#include "common/http/server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

#include "common/base/status.h"
#include "common/http/session.h"

namespace tms::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// After a failed accept, which mostly means that there are no descriptors left.
constexpr absl::Duration kAcceptRetryDelay = absl::Milliseconds(100);
// After running requests were cancelled: they have only to unwind.
constexpr absl::Duration kAbortLimit = absl::Seconds(2);

absl::Status ListenError(std::string_view step, const std::string& host, uint16_t port,
                         const boost::system::error_code& error) {
  return MakeStatus(
      absl::StatusCode::kUnavailable,
      std::string(step) + " " + host + ":" + std::to_string(port) + ": " + error.message());
}

}  // namespace

Server::Server(asio::any_io_executor executor, const ServerOptions& options, Handler& handler)
    : executor_(std::move(executor)),
      options_(options),
      handler_(handler),
      body_budget_(options.max_buffered_body_bytes),
      strand_(asio::make_strand(executor_)),
      acceptor_(strand_),
      retry_timer_(strand_),
      empty_timer_(strand_) {}

Server::~Server() = default;

absl::StatusOr<uint16_t> Server::Listen(const std::string& host, uint16_t port) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (error) return ListenError("not a numeric address:", host, port, error);
  const tcp::endpoint endpoint(address, port);
  acceptor_.open(endpoint.protocol(), error);
  if (error) return ListenError("open a socket for", host, port, error);
  // Only lets a restart take over from connections in TIME_WAIT; a second listener is refused.
  acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  acceptor_.bind(endpoint, error);
  if (error) return ListenError("bind", host, port, error);
  acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) return ListenError("listen on", host, port, error);
  const uint16_t bound = acceptor_.local_endpoint(error).port();
  asio::co_spawn(strand_, AcceptLoop(), asio::detached);
  return bound;
}

asio::awaitable<void> Server::AcceptLoop() {
  while (acceptor_.is_open()) {
    // Each connection has a strand of its own.
    const asio::any_io_executor strand = asio::make_strand(executor_);
    auto [error, socket] =
        co_await acceptor_.async_accept(strand, asio::as_tuple(asio::use_awaitable));
    if (!error) {
      Adopt(std::move(socket));
    } else if (error != asio::error::operation_aborted) {
      retry_timer_.expires_after(absl::ToChronoMilliseconds(kAcceptRetryDelay));
      co_await retry_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }
}

void Server::Adopt(tcp::socket socket) {
  boost::system::error_code error;
  const std::string address = socket.remote_endpoint(error).address().to_string();
  if (error || sessions_.size() >= options_.max_connections) return;
  size_t& of_address = connections_by_address_[address];
  if (of_address >= options_.max_connections_per_address) return;
  ++of_address;

  auto session =
      std::make_shared<Session>(std::move(socket), address, options_, handler_, body_budget_);
  sessions_.insert(session);
  asio::co_spawn(session->executor(), session->Run(),
                 asio::bind_cancellation_slot(
                     session->cancellation_slot(),
                     asio::bind_executor(strand_, [this, session](std::exception_ptr) {
                       // Exceptions are cancellation, or memory that ran out: the connection ends.
                       Forget(session);
                     })));
}

void Server::Forget(const std::shared_ptr<Session>& session) {
  const auto of_address = connections_by_address_.find(session->peer_address());
  if (--of_address->second == 0) connections_by_address_.erase(of_address);
  sessions_.erase(session);
  if (sessions_.empty()) empty_timer_.cancel();
}

asio::awaitable<void> Server::Stop(absl::Duration limit) {
  co_await asio::co_spawn(strand_, StopOnStrand(limit), asio::use_awaitable);
}

asio::awaitable<void> Server::StopOnStrand(absl::Duration limit) {
  boost::system::error_code error;
  acceptor_.close(error);
  retry_timer_.cancel();
  for (const auto& session : sessions_) session->Drain();
  co_await WaitUntilEmpty(limit);
  for (const auto& session : sessions_) session->Abort();
  co_await WaitUntilEmpty(kAbortLimit);
}

asio::awaitable<void> Server::WaitUntilEmpty(absl::Duration limit) {
  if (sessions_.empty()) co_return;
  empty_timer_.expires_after(absl::ToChronoMilliseconds(limit));
  co_await empty_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace tms::http
