#include "services/gateway/program.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <iterator>
#include <utility>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/runtime/logging.h"
#include "services/gateway/api_routes.h"
#include "services/gateway/web_routes.h"

namespace tms::gateway {
namespace {

// The work is parsing and waiting; two cores serve thousands of requests a second.
constexpr int kThreads = 4;
// One Prometheus needs one connection.
constexpr size_t kMetricsConnections = 16;

void LogTlsChange(const absl::Status& status) {
  if (status.ok()) {
    log::Info("TLS", "http_tls_files_taken");
  } else {
    log::Error("TLS", "http_tls_files_refused", {{"error", Message(status)}});
  }
}

}  // namespace

absl::StatusOr<Inputs> ReadInputs(const Settings& settings) {
  Inputs inputs;
  TMS_ASSIGN_OR_RETURN(inputs.proxy,
                       TrustedProxy::Parse(settings.trusted_proxies, settings.user_header));
  TMS_ASSIGN_OR_RETURN(inputs.web_files, ReadWebFiles(settings.web_files));
  TMS_ASSIGN_OR_RETURN(inputs.identity, settings.tls.Load());
  if (settings.has_tls()) {
    TMS_ASSIGN_OR_RETURN(
        inputs.http_tls,
        http::ServerTls::Load(settings.http_tls_certificate, settings.http_tls_key, LogTlsChange));
  }
  return inputs;
}

Program::Program(const Settings& settings, Inputs inputs)
    : settings_(settings),
      identity_(std::move(inputs.identity)),
      services_(ConnectServices(settings.action, settings.ledger, identity_, &metrics_)),
      threads_(kThreads),
      audit_(services_, threads_.get_executor(), {}),
      sessions_(settings.sessions, SystemClock()),
      throttle_({}, SystemClock()),
      authenticator_(sessions_, users_, std::move(inputs.proxy)),
      login_{sessions_,
             users_,
             passwords_,
             throttle_,
             audit_,
             metrics_,
             settings.secure_cookies || settings.has_tls()},
      streams_{services_, authenticator_, audit_, metrics_},
      gateway_(RouteTable(MakeRoutes(inputs.web_files)), SiteGuard(settings.allowed_hosts),
               authenticator_, audit_),
      handler_(gateway_, metrics_),
      metrics_handler_(metrics_, [this] { return Look(); }),
      server_(threads_.get_executor(),
              {.max_connections = static_cast<size_t>(settings.max_connections),
               .tls = inputs.http_tls},
              handler_),
      metrics_server_(threads_.get_executor(),
                      {.max_connections = kMetricsConnections,
                       .max_connections_per_address = kMetricsConnections},
                      metrics_handler_) {}

Program::~Program() {
  // Before what their work refers to goes.
  threads_.stop();
  threads_.join();
}

absl::Status Program::Start() {
  const auto on_change = [this](const UserChange& change) { audit_.Record(ToAuditRecord(change)); };
  TMS_ASSIGN_OR_RETURN(watcher_, UserWatcher::Start(settings_.data, users_, on_change));
  TMS_ASSIGN_OR_RETURN(const uint16_t port, Listen(server_, settings_.listen));
  log::Info("MAIN", "serving", {{"listen", settings_.listen}, {"port", port}});
  if (!settings_.metrics_listen.empty()) {
    TMS_ASSIGN_OR_RETURN(const uint16_t metrics, Listen(metrics_server_, settings_.metrics_listen));
    log::Info("MAIN", "serving_metrics", {{"listen", settings_.metrics_listen}, {"port", metrics}});
  }
  recording_ = boost::asio::co_spawn(threads_, audit_.Run(), boost::asio::use_future);
  return absl::OkStatus();
}

void Program::Drain() {
  using boost::asio::use_future;
  streams_.draining = true;
  boost::asio::co_spawn(threads_, server_.Stop(settings_.drain_limit), use_future).get();
  boost::asio::co_spawn(threads_, metrics_server_.Stop(absl::ZeroDuration()), use_future).get();
  audit_.Stop();
  recording_.wait();
  threads_.join();
}

absl::StatusOr<uint16_t> Program::Listen(http::Server& server, const std::string& address) {
  const HostPort parsed = *ParseHostPort(address);
  return server.Listen(parsed.host, static_cast<uint16_t>(parsed.port));
}

Levels Program::Look() const {
  const AuditRecorder::Counts audit = audit_.counts();
  return {.sessions = sessions_.live(),
          .watches = streams_.watches.taken(),
          .exports = streams_.exports.taken(),
          .audit_waiting = audit.waiting,
          .audit_lost = audit.lost};
}

std::vector<Route> Program::MakeRoutes(const std::vector<WebFile>& web_files) {
  std::vector<Route> routes = AllRoutes(services_, login_, streams_);
  std::ranges::move(WebRoutes(web_files), std::back_inserter(routes));
  return routes;
}

}  // namespace tms::gateway
