#include "services/fake_cluster/connection.h"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <utility>

namespace tms::fake_cluster {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

// A peer that does not answer our close_notify is not waited for.
constexpr auto kCloseNotifyLimit = std::chrono::seconds(1);

std::string PeerName(const asio::ip::tcp::socket& socket) {
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return "gone";
  return endpoint.address().to_string() + ":" + std::to_string(endpoint.port());
}

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, asio::ssl::context* tls)
    : socket_(std::move(socket)), peer_(PeerName(socket_)) {
  if (tls != nullptr) tls_.emplace(socket_, *tls);
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

asio::awaitable<bool> Connection::Handshake() {
  if (!tls_) co_return true;
  auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::server, kAwait);
  co_return !error;
}

asio::awaitable<size_t> Connection::Read(std::span<char> buffer) {
  const auto target = asio::buffer(buffer.data(), buffer.size());
  if (tls_) {
    auto [error, size] = co_await tls_->async_read_some(target, kAwait);
    co_return error ? 0 : size;
  }
  auto [error, size] = co_await socket_.async_read_some(target, kAwait);
  co_return error ? 0 : size;
}

asio::awaitable<bool> Connection::Write(std::string_view bytes) {
  const auto source = asio::buffer(bytes.data(), bytes.size());
  if (tls_) {
    auto [error, size] = co_await asio::async_write(*tls_, source, kAwait);
    co_return !error;
  }
  auto [error, size] = co_await asio::async_write(socket_, source, kAwait);
  co_return !error;
}

asio::awaitable<void> Connection::WaitForBytes() {
  co_await socket_.async_wait(asio::ip::tcp::socket::wait_read, kAwait);
}

asio::awaitable<void> Connection::WaitForPeerToClose() {
  std::array<char, 4096> dropped;
  while (co_await Read(dropped) > 0) {
  }
}

asio::awaitable<void> Connection::Sleep(absl::Duration duration) {
  asio::steady_timer timer(socket_.get_executor(), absl::ToChronoNanoseconds(duration));
  co_await timer.async_wait(kAwait);
}

void Connection::Reset() {
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

asio::awaitable<void> Connection::Close() {
  if (tls_) {
    using asio::experimental::awaitable_operators::operator||;
    asio::steady_timer limit(socket_.get_executor(), kCloseNotifyLimit);
    co_await (tls_->async_shutdown(kAwait) || limit.async_wait(kAwait));
  }
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  socket_.close(ignored);
}

}  // namespace tms::fake_cluster
