// action_service: carries out Set Actions and has each one recorded in the ledger.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/runtime/logging.h"
#include "common/runtime/options.h"
#include "common/runtime/process.h"
#include "common/service/peer_options.h"
#include "common/service/tls_options.h"
#include "services/action/action_host.h"
#include "services/action/catalogue.h"
#include "services/action/cluster/http_cluster_client.h"
#include "services/action/owner_identity.h"

namespace {

// Beyond the drain's own limit: for answers to go out, then to end by force.
constexpr absl::Duration kWatchdogMargin = absl::Seconds(5);
// What a drain adds to the longest call: to record its outcome.
constexpr absl::Duration kRecordingMargin = absl::Seconds(5);

struct Settings {
  tms::rpc::ServerOptions server{.listen = "127.0.0.1:50051"};
  tms::TlsOptions tls;
  tms::rpc::PeerNames peers;
  std::string ledger = "127.0.0.1:50052";
  std::string clusters;
  std::string spool = "action_spool.db";
  absl::Duration ack_wait = absl::Seconds(2);
  absl::Duration drain_limit = absl::ZeroDuration();
  int threads = 4;
};

void AddOptions(tms::Options& options, Settings& settings) {
  options.AddAddress("--listen", settings.server.listen, "Where to serve gRPC");
  tms::AddInsecureListen(options, settings.server.insecure_listen);
  settings.tls.AddTo(options);
  tms::AddPeerOptions(options, settings.peers);
  options.AddAddress("--ledger", settings.ledger, "The JobLedgerService");
  options
      .Add("--clusters", settings.clusters,
           "File of clusters and actions (JSON of tms.config.v1.ActionConfig)")
      ->required();
  options.Add("--spool", settings.spool,
              "Where this instance keeps its own state; its identity is beside it in FILE.owner");
  options.Add("--ack-wait", settings.ack_wait,
              "How long a start waits for the ledger before it is refused", absl::Milliseconds(10),
              absl::Seconds(30));
  options.Add("--drain-limit", settings.drain_limit,
              "How long calls in flight may still run after SIGTERM; 0: as long as the clusters' "
              "longest timeout and 5s more",
              absl::ZeroDuration(), absl::Minutes(10));
  options.Add("--threads", settings.threads, "Threads that carry out the calls", 1, 64);
  options.Add("--reflection", settings.server.reflection, "Serve gRPC reflection");
}

int Fail(int exit_code, std::string_view why) {
  std::cerr << "action_service: " << why << "\n";
  return exit_code;
}

absl::Duration LongestTimeout(const tms::action::Catalogue& catalogue) {
  absl::Duration longest;
  for (const auto& cluster : catalogue.clusters()) longest = std::max(longest, cluster.max_timeout);
  return longest;
}

absl::Status Prepare(tms::action::HttpClusterClient& client,
                     const tms::action::Catalogue& catalogue) {
  for (const auto& cluster : catalogue.clusters()) {
    TMS_RETURN_IF_ERROR(client.Prepare(cluster));
  }
  return absl::OkStatus();
}

int Serve(const Settings& settings, const tms::action::Catalogue& catalogue,
          tms::action::HttpClusterClient& client, const tms::action::OwnerIdentity& identity) {
  auto host = tms::action::ActionHost::Start(
      {.server = settings.server,
       .peers = settings.peers,
       .ledger = settings.ledger,
       .owner = {.id = identity.id(), .incarnation = identity.incarnation()},
       .ack_wait = settings.ack_wait,
       .threads = settings.threads},
      catalogue, client, tms::SystemClock());
  if (!host.ok()) return Fail(1, tms::Message(host.status()));
  tms::log::Info("MAIN", "serving",
                 {{"port", (*host)->port()},
                  {"ledger", settings.ledger},
                  {"clusters", catalogue.clusters().size()},
                  {"owner", identity.id()},
                  {"incarnation", identity.incarnation()}});

  const int signal = tms::WaitForTermination();
  const absl::Duration limit = settings.drain_limit > absl::ZeroDuration()
                                   ? settings.drain_limit
                                   : LongestTimeout(catalogue) + kRecordingMargin;
  tms::log::Info("MAIN", "draining",
                 {{"signal", signal}, {"limit_ms", absl::ToInt64Milliseconds(limit)}});
  const tms::Watchdog watchdog(limit + kWatchdogMargin, 1);
  const size_t left = (*host)->Drain(limit);
  tms::log::Info("MAIN", "stopped", {{"left", left}});
  if (left > 0) std::_Exit(1);  // what is left may take minutes; the ledger will presume it dead
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  tms::BeginProcess();
  Settings settings;
  tms::Options options("action_service", "Carries out Set Actions against clusters");
  AddOptions(options, settings);
  if (const auto exit_code = options.Parse(argc, argv)) return *exit_code;

  auto tls = settings.tls.Load();
  if (!tls.ok()) return Fail(1, tms::Message(tls.status()));
  settings.server.tls = *std::move(tls);
  if (const auto listen = tms::rpc::CheckListen(settings.server); !listen.ok()) {
    return Fail(2, tms::Message(listen));
  }
  tms::WarnOfPlaintext(settings.server);
  const auto catalogue = tms::action::Catalogue::Load(settings.clusters);
  if (!catalogue.ok()) return Fail(2, tms::Message(catalogue.status()));
  tms::action::HttpClusterClient client(tms::SystemClock());
  if (const auto ready = Prepare(client, *catalogue); !ready.ok()) {
    return Fail(2, tms::Message(ready));
  }
  const auto identity = tms::action::OwnerIdentity::Claim(settings.spool, tms::SystemClock().Now());
  if (!identity.ok()) return Fail(1, tms::Message(identity.status()));
  return Serve(settings, *catalogue, client, *identity);
}
