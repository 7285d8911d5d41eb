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

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/http/server.h"
#include "common/runtime/logging.h"
#include "common/runtime/options.h"
#include "common/runtime/process.h"
#include "common/service/tls_options.h"
#include "services/gateway/api_routes.h"
#include "services/gateway/gateway.h"
#include "services/gateway/services.h"
#include "services/gateway/web_routes.h"

namespace {

// The work is parsing and waiting; two cores serve thousands of requests a second.
constexpr int kThreads = 4;
// After the drain's limit: to cancel what still runs and unwind.
constexpr absl::Duration kUnwindLimit = absl::Seconds(5);

struct Settings {
  std::string listen = "127.0.0.1:8080";
  std::string action = "127.0.0.1:50051";
  std::string ledger = "127.0.0.1:50052";
  tms::TlsOptions tls;
  std::string data = "./data";
  std::string dev_user;
  std::string web_files;
  std::vector<std::string> allowed_hosts;
  bool insecure_listen = false;
  int max_connections = 512;
  absl::Duration drain_limit = absl::Seconds(25);
};

void AddOptions(tms::Options& options, Settings& settings) {
  options.AddAddress("--listen", settings.listen, "Where to serve HTTP; a loopback address");
  options.AddAddress("--action", settings.action, "The ActionService");
  options.AddAddress("--ledger", settings.ledger, "The JobLedgerService");
  settings.tls.AddTo(options);
  options.Add("--data", settings.data, "Directory for what the gateway keeps; made if missing");
  options
      .Add("--dev-user", settings.dev_user,
           "Takes every request as made by this user, with role admin: there are no sessions yet")
      ->required();
  options.Add("--allowed-host", settings.allowed_hosts,
              "Name under which browsers reach the gateway, besides the loopback ones; repeatable");
  options.Add("--insecure-listen", settings.insecure_listen,
              "Allow --listen on other than loopback addresses although nobody has to log in: only "
              "where the network itself keeps others out, as between containers");
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
  if (!tms::IsLoopbackHost(host) && !settings.insecure_listen) {
    return "--listen: nobody has to log in yet, so it must be a loopback address (or say "
           "--insecure-listen)";
  }
  for (const char c : settings.dev_user) {
    if (c <= ' ' || c > '~') return "--dev-user: must be visible ASCII characters";
  }
  std::error_code error;
  std::filesystem::create_directories(settings.data, error);
  return error ? "--data: " + error.message() : "";
}

int Fail(std::string_view why) {
  std::cerr << "gateway: " << why << "\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  tms::BeginProcess();
  Settings settings;
  tms::Options options("gateway", "HTTP for browsers and scripts: /api/v1, see docs/api.md.");
  AddOptions(options, settings);
  if (const auto exit_code = options.Parse(argc, argv)) return *exit_code;
  const tms::HostPort address = *tms::ParseHostPort(settings.listen);
  const std::string wrong = CheckSettings(settings, address.host);
  if (!wrong.empty()) return Fail(wrong);

  const auto tls = settings.tls.Load();
  if (!tls.ok()) return Fail(tms::Message(tls.status()));
  tms::gateway::Services services =
      tms::gateway::ConnectServices(settings.action, settings.ledger, *tls);
  std::vector<tms::gateway::Route> routes = tms::gateway::ApiRoutes(services);
  const auto web_files = tms::gateway::ReadWebFiles(settings.web_files);
  if (!web_files.ok()) return Fail(tms::Message(web_files.status()));
  std::ranges::move(tms::gateway::WebRoutes(*web_files), std::back_inserter(routes));
  tms::gateway::Gateway gateway(tms::gateway::RouteTable(std::move(routes)),
                                tms::gateway::SiteGuard(settings.allowed_hosts),
                                {.user = settings.dev_user, .roles = {"admin"}});
  boost::asio::thread_pool threads(kThreads);
  const tms::http::ServerOptions server_options{.max_connections =
                                                    static_cast<size_t>(settings.max_connections)};
  tms::http::Server server(threads.get_executor(), server_options, gateway);
  const auto port = server.Listen(address.host, static_cast<uint16_t>(address.port));
  if (!port.ok()) return Fail(tms::Message(port.status()));
  tms::log::Info("MAIN", "serving", {{"host", address.host}, {"port", *port}});

  const int signal = tms::WaitForTermination();
  tms::log::Info("MAIN", "draining", {{"signal", signal}});
  tms::Watchdog watchdog(settings.drain_limit + kUnwindLimit, 1);
  boost::asio::co_spawn(threads, server.Stop(settings.drain_limit), boost::asio::use_future).get();
  threads.join();
  tms::log::Info("MAIN", "stopped");
  return 0;
}
