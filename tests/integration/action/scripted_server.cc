#include "tests/integration/action/scripted_server.h"

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace tms::action {

namespace asio = boost::asio;
using boost::system::error_code;

Connection::Connection(Socket& socket, asio::ssl::context* tls) : socket_(socket) {
  if (tls != nullptr) tls_ = std::make_unique<asio::ssl::stream<Socket&>>(socket, *tls);
}

bool Connection::Handshake() {
  if (tls_ == nullptr) return true;
  error_code error;
  tls_->handshake(asio::ssl::stream_base::server, error);
  return !error;
}

size_t Connection::ReadSome(char* to, size_t size) {
  error_code error;
  const size_t read = tls_ != nullptr ? tls_->read_some(asio::buffer(to, size), error)
                                      : socket_.read_some(asio::buffer(to, size), error);
  received_.append(to, read);
  return read;
}

std::string Connection::Read(size_t size) {
  std::string bytes(size, '\0');
  size_t have = 0;
  while (have < size) {
    const size_t read = ReadSome(bytes.data() + have, size - have);
    if (read == 0) break;
    have += read;
  }
  bytes.resize(have);
  return bytes;
}

std::string Connection::ReadRequest() {
  std::string request;
  while (!request.ends_with("\r\n\r\n")) {
    const std::string byte = Read(1);
    if (byte.empty()) return request;
    request += byte;
  }
  constexpr std::string_view kLength = "Content-Length: ";
  const size_t at = request.find(kLength);
  if (at != std::string::npos) request += Read(std::stoul(request.substr(at + kLength.size())));
  return request;
}

void Connection::ReadToEnd() {
  while (!Read(1024).empty()) {
  }
}

bool Connection::Send(std::string_view bytes) {
  error_code error;
  if (tls_ != nullptr) {
    asio::write(*tls_, asio::buffer(bytes), error);
  } else {
    asio::write(socket_, asio::buffer(bytes), error);
  }
  return !error;
}

void Connection::SendForEver(std::string_view bytes) {
  while (Send(bytes)) {
  }
}

void Connection::SayGoodbye() {
  error_code ignored;
  if (tls_ != nullptr) tls_->shutdown(ignored);
}

void Connection::EndWithReset() {
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
}

std::string Connection::ServerName() {
  if (tls_ == nullptr) return {};
  const char* name = SSL_get_servername(tls_->native_handle(), TLSEXT_NAMETYPE_host_name);
  return name != nullptr ? name : "";
}

ScriptedServer::ScriptedServer(Script script, asio::ssl::context* tls, const std::string& address)
    : script_(std::move(script)),
      tls_(tls),
      acceptor_(context_, asio::ip::tcp::endpoint(asio::ip::make_address(address), 0)),
      port_(acceptor_.local_endpoint().port()),
      accepting_([this] { Accept(); }) {}

ScriptedServer::~ScriptedServer() {
  stopping_.Notify();
  // Closing a descriptor does not wake who blocks on it; shutting it down does.
  ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
  accepting_.join();
  std::list<std::thread> threads;
  {
    absl::MutexLock lock(&mutex_);
    for (Connection::Socket& socket : sockets_) ::shutdown(socket.native_handle(), SHUT_RDWR);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

void ScriptedServer::Accept() {
  while (true) {
    error_code error;
    Connection::Socket accepted = acceptor_.accept(error);
    if (error) return;
    absl::MutexLock lock(&mutex_);
    Connection::Socket& socket = sockets_.emplace_back(std::move(accepted));
    ++running_;
    ++connections_;
    threads_.emplace_back([this, &socket] { Serve(socket); });
  }
}

void ScriptedServer::Serve(Connection::Socket& socket) {
  Connection connection(socket, tls_);
  if (connection.Handshake()) script_(connection);
  absl::MutexLock lock(&mutex_);
  error_code ignored;
  socket.close(ignored);
  received_ += connection.received();
  --running_;
}

std::string ScriptedServer::received() {
  absl::MutexLock lock(&mutex_);
  return received_;
}

void ScriptedServer::WaitForScripts() {
  const auto none = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return running_ == 0; };
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(&none));
}

}  // namespace tms::action
