#include "services/fake_cluster/fake_cluster.h"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "common/base/status.h"
#include "common/runtime/logging.h"
#include "services/fake_cluster/admin.h"
#include "services/fake_cluster/connection.h"
#include "services/fake_cluster/exchange.h"
#include "services/fake_cluster/hit_log.h"
#include "services/fake_cluster/script.h"

namespace tms::fake_cluster {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Out of descriptors: wait for some to come back instead of spinning.
constexpr auto kAcceptPause = std::chrono::milliseconds(50);

absl::Status Failed(const std::string& what, const error_code& error) {
  return MakeStatus(absl::StatusCode::kInvalidArgument, what + ": " + error.message());
}

Choice Always(std::string_view text) { return *Choice::Parse(text); }

asio::awaitable<void> ReadAndDrop(Connection& connection, int64_t bytes) {
  std::array<char, 4096> dropped;
  while (bytes > 0) {
    const auto wanted = std::min<size_t>(dropped.size(), static_cast<size_t>(bytes));
    const size_t size = co_await connection.Read({dropped.data(), wanted});
    if (size == 0) co_return;
    bytes -= static_cast<int64_t>(size);
  }
}

}  // namespace

// All state belongs to the one thread that runs `context_`.
class FakeCluster::Server {
 public:
  Server(const Config& config, Choice standard, std::unique_ptr<HitLog> hits)
      : script_(std::move(standard)),
        hits_(std::move(hits)),
        tempo_{std::mt19937_64(config.seed), config.slow_factor} {}

  ~Server() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

  absl::Status LoadTls(const Config& config);
  absl::Status Listen(const Config& config);
  void Run();
  int port() const { return acceptor_.local_endpoint().port(); }

 private:
  asio::awaitable<void> Accept();
  asio::awaitable<void> Serve(tcp::socket socket);
  asio::awaitable<void> ServeBlind(Connection& connection, Choice choice);
  // Whether another request may follow.
  asio::awaitable<bool> ServeOne(Connection& connection, boost::beast::flat_buffer& left_over);
  asio::awaitable<bool> Act(Connection& connection, const Request& request, const Choice& choice);
  Choice Choose(const Request& request);

  Script script_;
  std::unique_ptr<HitLog> hits_;
  Tempo tempo_;
  std::optional<asio::ssl::context> tls_;
  // Behind all that its coroutines use: it ends them when it is destroyed.
  asio::io_context context_{1};
  tcp::acceptor acceptor_{context_};
  std::thread thread_;
};

absl::Status FakeCluster::Server::LoadTls(const Config& config) {
  if (config.tls_cert.empty() != config.tls_key.empty()) {
    return MakeStatus(absl::StatusCode::kInvalidArgument,
                      "a certificate needs a key, and a key one");
  }
  if (config.tls_cert.empty()) return absl::OkStatus();
  tls_.emplace(asio::ssl::context::tls_server);
  error_code error;
  tls_->use_certificate_chain_file(config.tls_cert, error);
  if (error) return Failed(config.tls_cert, error);
  tls_->use_private_key_file(config.tls_key, asio::ssl::context::pem, error);
  if (error) return Failed(config.tls_key, error);
  return absl::OkStatus();
}

absl::Status FakeCluster::Server::Listen(const Config& config) {
  error_code error;
  tcp::resolver resolver(context_);
  const auto found =
      resolver.resolve(config.host, std::to_string(config.port), tcp::resolver::passive, error);
  if (error || found.empty()) return Failed(config.host, error);
  const tcp::endpoint endpoint = *found.begin();
  if (acceptor_.open(endpoint.protocol(), error); error) return Failed("socket", error);
  acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  const std::string where = config.host + ":" + std::to_string(config.port);
  if (acceptor_.bind(endpoint, error); error) return Failed("cannot bind " + where, error);
  if (acceptor_.listen(asio::socket_base::max_listen_connections, error); error) {
    return Failed("cannot listen on " + where, error);
  }
  return absl::OkStatus();
}

void FakeCluster::Server::Run() {
  asio::co_spawn(context_, Accept(), asio::detached);
  thread_ = std::thread([this] { context_.run(); });
}

asio::awaitable<void> FakeCluster::Server::Accept() {
  for (;;) {
    auto [error, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
    if (error) {
      log::Warning("FAKE", "accept_failed", {{"error", error.message()}});
      asio::steady_timer pause(context_, kAcceptPause);
      co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
      continue;
    }
    asio::co_spawn(context_, Serve(std::move(socket)), asio::detached);
  }
}

asio::awaitable<void> FakeCluster::Server::Serve(tcp::socket socket) {
  Connection connection(std::move(socket), tls_ ? &*tls_ : nullptr);
  if (std::optional<Choice> blind = script_.TakeBeforeHead()) {
    co_await ServeBlind(connection, *std::move(blind));
  } else if (co_await connection.Handshake()) {
    boost::beast::flat_buffer left_over;
    while (co_await ServeOne(connection, left_over)) {
    }
  }
  co_await connection.Close();
}

asio::awaitable<void> FakeCluster::Server::ServeBlind(Connection& connection, Choice choice) {
  if (choice.behaviour().phase == Phase::kSomeRequest) {
    if (!co_await connection.Handshake()) co_return;
    co_await ReadAndDrop(connection, choice.Int("bytes", 0));
  }
  const Request unread;
  co_await Act(connection, unread, choice);
}

asio::awaitable<bool> FakeCluster::Server::ServeOne(Connection& connection,
                                                    boost::beast::flat_buffer& left_over) {
  RequestReader reader(connection, left_over);
  if (!co_await reader.ReadHead()) co_return false;
  const Request head = reader.Take();
  if (IsAdmin(head)) {
    if (!co_await reader.ReadBody()) co_return false;
    const Request request = reader.Take();
    const Choice none = Always("accepted");
    Exchange exchange(connection, request, none, tempo_);
    co_await exchange.Send(HandleAdmin(request, script_, *hits_));
    co_return exchange.reusable();
  }
  if (const std::optional<Choice> early = script_.TakeBeforeBody(head)) {
    co_await reader.ReadBody(static_cast<size_t>(early->Int("bytes", 0)));
    const Request part = reader.Take();
    co_return co_await Act(connection, part, *early);
  }
  co_await reader.ReadBody();
  const Request request = reader.Take();
  const Choice choice = Choose(request);
  co_return co_await Act(connection, request, choice);
}

Choice FakeCluster::Server::Choose(const Request& request) {
  if (!request.whole) return Always("close~applied=0");
  if (!IsSetAction(request)) return Always("404");
  if (!request.well_formed) return Always("400");
  if (request.token.empty()) return Always("401");
  absl::StatusOr<Choice> choice = script_.Take(request);
  if (choice.ok()) return *std::move(choice);
  log::Warning("FAKE", "bad_choice", {{"error", Message(choice.status())}});
  return Always("400");
}

asio::awaitable<bool> FakeCluster::Server::Act(Connection& connection, const Request& request,
                                               const Choice& choice) {
  hits_->Add(request, connection.peer(), choice);
  Exchange exchange(connection, request, choice, tempo_);
  co_await choice.behaviour().run(exchange);
  co_return exchange.reusable();
}

FakeCluster::FakeCluster(std::unique_ptr<Server> server) : server_(std::move(server)) {}

FakeCluster::~FakeCluster() = default;

int FakeCluster::port() const { return server_->port(); }

absl::StatusOr<std::unique_ptr<FakeCluster>> FakeCluster::Start(const Config& config) {
  TMS_ASSIGN_OR_RETURN(Choice standard, Choice::Parse(config.behaviour));
  TMS_ASSIGN_OR_RETURN(std::unique_ptr<HitLog> hits, HitLog::Open(config.hits_file));
  auto server = std::make_unique<Server>(config, std::move(standard), std::move(hits));
  TMS_RETURN_IF_ERROR(server->LoadTls(config));
  TMS_RETURN_IF_ERROR(server->Listen(config));
  server->Run();
  return std::unique_ptr<FakeCluster>(new FakeCluster(std::move(server)));
}

}  // namespace tms::fake_cluster
