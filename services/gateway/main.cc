#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/http/server.h"
#include "common/http/server_tls.h"
#include "common/runtime/logging.h"
#include "common/runtime/options.h"
#include "common/runtime/process.h"
#include "common/service/grpc_log.h"
#include "common/service/tls_options.h"
#include "services/gateway/api_routes.h"
#include "services/gateway/audit_recorder.h"
#include "services/gateway/authenticator.h"
#include "services/gateway/gateway.h"
#include "services/gateway/services.h"
#include "services/gateway/session_routes.h"
#include "services/gateway/stream_routes.h"
#include "services/gateway/user_commands.h"
#include "services/gateway/user_watcher.h"
#include "services/gateway/web_routes.h"

namespace {

// The work is parsing and waiting; two cores serve thousands of requests a second.
constexpr int kThreads = 4;
// After the drain's limit: to cancel what still runs, unwind, and hand over the last audit records.
constexpr absl::Duration kUnwindLimit = absl::Seconds(10);

struct Settings {
  std::string listen = "127.0.0.1:8080";
  std::string action = "127.0.0.1:50051";
  std::string ledger = "127.0.0.1:50052";
  tms::TlsOptions tls;
  std::string data = "./data";
  std::string web_files;
  std::vector<std::string> allowed_hosts;
  std::vector<std::string> trusted_proxies;
  std::string user_header = "X-Forwarded-User";
  bool insecure_listen = false;
  bool secure_cookies = false;
  std::string http_tls_certificate;
  std::string http_tls_key;
  int max_connections = 512;
  tms::gateway::SessionLimits sessions;
  absl::Duration drain_limit = absl::Seconds(25);
};

void AddSessionOptions(tms::Options& options, Settings& settings) {
  options.Add("--session-idle", settings.sessions.idle,
              "A session ends after this time without a request", absl::Seconds(1),
              absl::Hours(24));
  options.Add("--session-limit", settings.sessions.total,
              "A session ends this long after its login, whatever happens", absl::Seconds(1),
              absl::Hours(24 * 30));
  options.Add("--secure-cookies", settings.secure_cookies,
              "Tell browsers to send the session only over HTTPS: for a proxy in front of the "
              "gateway that speaks it; with TLS of its own the gateway always does");
  options.Add("--trusted-proxy", settings.trusted_proxies,
              "Network (10.0.0.0/8) from which --user-header is believed; repeatable. Off by "
              "default. The proxy must replace that header in every request");
  options.Add("--user-header", settings.user_header,
              "Header in which a trusted proxy names the user, who must be one of ours");
}

void AddOptions(tms::Options& options, Settings& settings) {
  options.AddAddress("--listen", settings.listen, "Where to serve HTTP");
  options.AddAddress("--action", settings.action, "The ActionService");
  options.AddAddress("--ledger", settings.ledger, "The JobLedgerService");
  settings.tls.AddTo(options);
  options.Add("--data", settings.data, "Directory of users.db; made if missing");
  options.Add("--allowed-host", settings.allowed_hosts,
              "Name under which browsers reach the gateway, besides the loopback ones; repeatable");
  options.Add("--insecure-listen", settings.insecure_listen,
              "Allow --listen on other than loopback addresses although passwords and sessions "
              "then cross the network readable: only where the network itself keeps others out");
  options.Add("--http-tls-cert", settings.http_tls_certificate,
              "Certificate (PEM, its chain may follow it): serve HTTPS only, TLS 1.2 or newer");
  options.Add("--http-tls-key", settings.http_tls_key, "Its private key (PEM)");
  AddSessionOptions(options, settings);
  options.Add(
      "--web-files", settings.web_files,
      "Serve the files of this folder, as they are at the start, over the built-in ones: for "
      "work on the dashboard");
  options.Add("--max-connections", settings.max_connections, "Connections at the same time", 1,
              100'000);
  options.Add("--drain-limit", settings.drain_limit,
              "How long requests may still run after SIGTERM", absl::ZeroDuration(),
              absl::Minutes(5));
}

// What the flags alone can't say; empty if all is well.
std::string CheckSettings(const Settings& settings, const std::string& host) {
  const bool tls = !settings.http_tls_certificate.empty();
  if (tls == settings.http_tls_key.empty()) {
    return "--http-tls-cert and --http-tls-key go together";
  }
  if (!tls && !tms::IsLoopbackHost(host) && !settings.insecure_listen) {
    return "--listen: plain HTTP is for loopback addresses only (give --http-tls-cert, or say "
           "--insecure-listen)";
  }
  std::error_code error;
  std::filesystem::create_directories(settings.data, error);
  return error ? "--data: " + error.message() : "";
}

int Fail(std::string_view why) {
  std::cerr << "gateway: " << why << "\n";
  return 2;
}

int Serve(const Settings& settings) {
  namespace gw = tms::gateway;
  const tms::HostPort address = *tms::ParseHostPort(settings.listen);
  const std::string wrong = CheckSettings(settings, address.host);
  if (!wrong.empty()) return Fail(wrong);
  const auto proxy = gw::TrustedProxy::Parse(settings.trusted_proxies, settings.user_header);
  if (!proxy.ok()) return Fail(tms::Message(proxy.status()));
  const auto web_files = gw::ReadWebFiles(settings.web_files);
  if (!web_files.ok()) return Fail(tms::Message(web_files.status()));

  const auto tls = settings.tls.Load();
  if (!tls.ok()) return Fail(tms::Message(tls.status()));
  gw::Services services = gw::ConnectServices(settings.action, settings.ledger, *tls);
  boost::asio::thread_pool threads(kThreads);
  gw::AuditRecorder audit(services, threads.get_executor(), {});
  gw::UserDirectory users;
  const auto watcher = gw::UserWatcher::Start(
      settings.data, users, [&](const auto& change) { audit.Record(gw::ToAuditRecord(change)); });
  if (!watcher.ok()) return Fail(tms::Message(watcher.status()));
  gw::SessionStore sessions(settings.sessions, tms::SystemClock());
  gw::PasswordChecker passwords;
  gw::LoginThrottle throttle({}, tms::SystemClock());
  const gw::SessionAuthenticator authenticator(sessions, users, *proxy);
  gw::LoginParts login{sessions, users, passwords, throttle, audit, settings.secure_cookies};
  gw::StreamParts streams{services, authenticator, audit};

  std::vector<gw::Route> routes = gw::AllRoutes(services, login, streams);
  std::ranges::move(gw::WebRoutes(*web_files), std::back_inserter(routes));
  gw::Gateway gateway(gw::RouteTable(std::move(routes)), gw::SiteGuard(settings.allowed_hosts),
                      authenticator, audit);
  tms::http::ServerOptions options{.max_connections =
                                       static_cast<size_t>(settings.max_connections)};
  if (!settings.http_tls_certificate.empty()) {
    const auto https =
        tms::http::LoadServerTls(settings.http_tls_certificate, settings.http_tls_key);
    if (!https.ok()) return Fail(tms::Message(https.status()));
    options.tls = *https;
    login.secure_cookie = true;
  }
  tms::http::Server server(threads.get_executor(), options, gateway);
  const auto port = server.Listen(address.host, static_cast<uint16_t>(address.port));
  if (!port.ok()) return Fail(tms::Message(port.status()));
  const auto recording = boost::asio::co_spawn(threads, audit.Run(), boost::asio::use_future);
  tms::log::Info("MAIN", "serving", {{"host", address.host}, {"port", *port}});

  const int signal = tms::WaitForTermination();
  tms::log::Info("MAIN", "draining", {{"signal", signal}});
  tms::Watchdog watchdog(settings.drain_limit + kUnwindLimit, 1);
  streams.draining = true;
  boost::asio::co_spawn(threads, server.Stop(settings.drain_limit), boost::asio::use_future).get();
  audit.Stop();
  recording.wait();
  threads.join();
  tms::log::Info("MAIN", "stopped");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  tms::BeginProcess();
  // users.db is for nobody else's eyes, not even the group's.
  umask(S_IRWXG | S_IRWXO);
  Settings settings;
  tms::gateway::UserCommand user_command;
  tms::Options options("gateway", "The dashboard, and HTTP for browsers and scripts: docs/api.md.");
  AddOptions(options, settings);
  options.app().fallthrough();
  AddUserCommands(options.app(), user_command);
  if (const auto exit_code = options.Parse(argc, argv)) return *exit_code;
  tms::RouteGrpcLog();
  if (user_command.run) return user_command.run(settings.data);
  return Serve(settings);
}
