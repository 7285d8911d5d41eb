// A raw TCP or TLS server that does what a test's script says, byte by byte.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"

namespace tms::action {

// One accepted connection. Blocking; used by the thread of its script alone.
class Connection {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  // `tls` is null for plain TCP.
  Connection(Socket& socket, boost::asio::ssl::context* tls);

  // False if the client did not agree; true for plain TCP.
  bool Handshake();

  // A whole request, as far as it came before the client closed.
  std::string ReadRequest();
  // `size` bytes, fewer only if the client closed.
  std::string Read(size_t size);
  // Until the client closes.
  void ReadToEnd();
  // False once the client is gone.
  bool Send(std::string_view bytes);
  // Sends the same over and over until the client is gone.
  void SendForEver(std::string_view bytes);
  // Says good-bye in TLS; plain TCP has nothing to say.
  void SayGoodbye();
  // When the script ends, the connection is to end with a RST.
  void EndWithReset();

  // The name that the client asked for, or empty.
  std::string ServerName();
  const std::string& received() const { return received_; }

 private:
  size_t ReadSome(char* to, size_t size);

  Socket& socket_;
  std::unique_ptr<boost::asio::ssl::stream<Socket&>> tls_;
  std::string received_;
};

using Script = std::function<void(Connection&)>;

// Listens on a free port; runs the script for each connection, on a thread of its own, and closes
// the connection when the script ends.
class ScriptedServer {
 public:
  explicit ScriptedServer(Script script, boost::asio::ssl::context* tls = nullptr,
                          const std::string& address = "127.0.0.1");
  // Closes what is open and waits for the scripts to end.
  ~ScriptedServer();

  uint16_t port() const { return port_; }
  int connections() const { return connections_; }
  // Set when the server goes down: for scripts that wait.
  absl::Notification& stopping() { return stopping_; }
  // What all connections that have ended received (after TLS).
  std::string received();
  // Waits until the scripts of all connections so far have ended.
  void WaitForScripts();

 private:
  void Accept();
  void Serve(Connection::Socket& socket);

  const Script script_;
  boost::asio::ssl::context* const tls_;
  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  absl::Notification stopping_;
  absl::Mutex mutex_;
  std::list<Connection::Socket> sockets_ ABSL_GUARDED_BY(mutex_);
  std::list<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
  std::string received_ ABSL_GUARDED_BY(mutex_);
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread accepting_;
};

}  // namespace tms::action
