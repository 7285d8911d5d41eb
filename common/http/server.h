// A strict HTTP/1.1 server: what it does not understand fully it refuses, and everything that a
// peer can take (time, memory, connections) has a limit.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/memory_budget.h"
#include "common/http/head_scanner.h"
#include "common/http/message.h"

namespace tms::http {

// What runs behind the server. Owned by whoever owns the server, outlives it; called by many
// connections at the same time, from any thread of the server's executor.
class Handler {
 public:
  virtual ~Handler() = default;

  // How many bytes the body of this request may have, or the answer to give without reading the
  // body. `head` has everything but the body.
  virtual std::variant<size_t, Response> Admit(const Request& head) = 0;

  // The answer to an admitted request. Goes on when the client goes away; an exception is answered
  // as OnRefused(500).
  virtual boost::asio::awaitable<Response> Handle(Request request) = 0;

  // The form of an answer that the server itself decided on; the connection closes after it.
  virtual Response OnRefused(const Refusal& refusal, std::string_view peer_address) = 0;
};

class ServerTls;

struct ServerOptions {
  // Request line and headers together.
  size_t max_head_bytes = size_t{8} * 1024;
  // Well below the usual limit of 1,024 descriptors doubled by each connection's gRPC call.
  size_t max_connections = 512;
  // One browser opens 6; a proxy in front of us may need many.
  size_t max_connections_per_address = 256;
  // Of all requests that are being read or handled, as far as they have arrived: 16 of the largest.
  // More is answered 503.
  size_t max_buffered_body_bytes = size_t{256} * 1024 * 1024;
  // From the connection or the first byte of a request to the end of its head.
  absl::Duration head_timeout = absl::Seconds(10);
  // From the head to the end of the body: 16 MiB at 2.2 Mbit/s.
  absl::Duration body_timeout = absl::Seconds(60);
  // Between two requests of a connection.
  absl::Duration idle_timeout = absl::Seconds(60);
  // For a whole answer, or for each piece of a streamed one.
  absl::Duration write_timeout = absl::Seconds(30);
  // Null: in the clear. The handshake is under head_timeout.
  std::shared_ptr<ServerTls> tls;
};

class Session;

// Accepts connections and owns their sessions. Owned by main; thread-safe. Destroyed after Stop
// has ended or the executor's threads have.
class Server {
 public:
  Server(boost::asio::any_io_executor executor, const ServerOptions& options, Handler& handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Binds a numeric address or `localhost` and starts to accept. Port 0 lets the system choose.
  // Returns the port. Call it once.
  absl::StatusOr<uint16_t> Listen(const std::string& host, uint16_t port);

  // Orderly stop: accepts no more, closes idle connections, lets running requests finish; what
  // still runs at `limit` is cancelled and cut.
  boost::asio::awaitable<void> Stop(absl::Duration limit);

 private:
  using Sessions = std::set<std::shared_ptr<Session>>;

  boost::asio::awaitable<void> AcceptLoop();
  void Adopt(boost::asio::ip::tcp::socket socket);
  void Forget(const std::shared_ptr<Session>& session);
  boost::asio::awaitable<void> StopOnStrand(absl::Duration limit);
  boost::asio::awaitable<void> WaitUntilEmpty(absl::Duration limit);

  const boost::asio::any_io_executor executor_;
  const ServerOptions options_;
  Handler& handler_;
  MemoryBudget body_budget_;
  // Everything below is touched on this strand only.
  boost::asio::strand<boost::asio::any_io_executor> strand_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer retry_timer_;
  boost::asio::steady_timer empty_timer_;  // cancelled when the last session has gone
  Sessions sessions_;
  std::map<std::string, size_t> connections_by_address_;
};

}  // namespace tms::http
