// The raw side of a connection, plain or TLS, with the rude ways to end one.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace tms::fake_cluster {

// One accepted socket. Owned by the coroutine that serves it; used by the server's one thread.
// Nothing here throws; an error ends the connection and shows as "nothing read" or "not written".
class Connection {
 public:
  // `tls` may be null; otherwise it outlives this.
  Connection(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls);

  // The TLS handshake, where there is one. False if it failed.
  boost::asio::awaitable<bool> Handshake();

  // Bytes read into `buffer`; 0 at the end of the stream and after any error.
  boost::asio::awaitable<size_t> Read(std::span<char> buffer);

  // False once the peer no longer takes bytes.
  boost::asio::awaitable<bool> Write(std::string_view bytes);

  // Waits until there is something to read and leaves it unread. Before the handshake only.
  boost::asio::awaitable<void> WaitForBytes();

  // Reads and drops what comes until the peer closes.
  boost::asio::awaitable<void> WaitForPeerToClose();

  boost::asio::awaitable<void> Sleep(absl::Duration duration);

  // Ends with RST, so that the peer loses even what is on its way to it.
  void Reset();

  // Ends in order: close_notify where there is TLS, then FIN.
  boost::asio::awaitable<void> Close();

  // Address and port of the client.
  const std::string& peer() const { return peer_; }

 private:
  boost::asio::ip::tcp::socket socket_;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
  std::string peer_;
};

}  // namespace tms::fake_cluster
