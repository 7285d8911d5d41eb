// action_service: carries out Set Actions and has each one recorded in the ledger.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/crash_points.h"
#include "common/base/status.h"
#include "common/runtime/logging.h"
#include "common/runtime/options.h"
#include "common/runtime/process.h"
#include "common/service/grpc_log.h"
#include "common/service/peer_options.h"
#include "common/service/tls_options.h"
#include "services/action/action_host.h"
#include "services/action/catalogue.h"
#include "services/action/cluster/http_cluster_client.h"
#include "services/action/owner_identity.h"
#include "services/action/spool/sqlite_spool.h"

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
  bool accept_lost_spool = false;
  int spool_limit_mib = 256;
  std::string ledger_down = "spool";
  absl::Duration ack_wait = absl::Milliseconds(250);
  absl::Duration decision_wait = absl::Seconds(2);
  absl::Duration drain_limit = absl::ZeroDuration();
  int request_memory_mib = 1024;
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
              "File that keeps what the ledger has not confirmed; made if there is none. The "
              "instance's identity is beside it in FILE.owner");
  options.Add("--accept-lost-spool", settings.accept_lost_spool,
              "Start although the spool's file is missing, or its log is damaged and has an end "
              "that can't be read; what was lost is logged");
  options.Add("--spool-limit", settings.spool_limit_mib,
              "Most that the spool may hold, in MiB; beyond it nothing is started", 1, 65'536);
  options
      .Add("--ledger-down", settings.ledger_down,
           "While the ledger does not answer: 'spool' has actions recorded in the spool and go on, "
           "'reject' refuses them. Outcomes of calls in flight go by the spool in any case")
      ->check(CLI::IsMember({"spool", "reject"}));
  options.Add("--ack-wait", settings.ack_wait,
              "How long an event waits for the ledger before it goes by the spool",
              absl::Milliseconds(10), absl::Seconds(30));
  options.Add("--decision-wait", settings.decision_wait,
              "How long a start that may not go by the spool waits for the ledger before it is "
              "refused",
              absl::Milliseconds(10), absl::Seconds(30));
  options.Add("--drain-limit", settings.drain_limit,
              "How long calls in flight may still run after SIGTERM; 0: as long as the clusters' "
              "longest timeout and 5s more",
              absl::ZeroDuration(), absl::Minutes(10));
  options.Add("--request-memory", settings.request_memory_mib,
              "Memory for requests in flight and waiting, in MiB; more are refused", 128, 65'536);
  options.Add("--threads", settings.threads, "Threads that carry out the calls", 1, 64);
  options.Add("--reflection", settings.server.reflection, "Serve gRPC reflection");
}

int Fail(int exit_code, std::string_view why) {
  std::cerr << "action_service: " << why << "\n";
  return exit_code;
}

int64_t SpoolLimit(const Settings& settings) { return int64_t{settings.spool_limit_mib} << 20; }

absl::Duration LongestTimeout(const tms::action::Catalogue& catalogue) {
  absl::Duration longest;
  for (const auto& cluster : catalogue.clusters()) longest = std::max(longest, cluster.max_timeout);
  return longest;
}

// How much of the spool must fit on the disk at any time: the outcomes of all calls that the slots
// allow, twice since a slot is free before its outcome is recorded, as far as they are a quarter of
// the limit. That bounds the calls in flight.
int64_t OutcomeBytes(const Settings& settings, const tms::action::Catalogue& catalogue) {
  int64_t calls = 0;
  for (const auto& cluster : catalogue.clusters()) calls += cluster.max_in_flight;
  return std::min(2 * calls * tms::action::kOutcomeRoom, SpoolLimit(settings) / 4);
}

absl::Status Prepare(tms::action::HttpClusterClient& client,
                     const tms::action::Catalogue& catalogue) {
  for (const auto& cluster : catalogue.clusters()) {
    TMS_RETURN_IF_ERROR(client.Prepare(cluster));
  }
  return absl::OkStatus();
}

tms::action::CourierOptions MakeCourierOptions(const Settings& settings,
                                               const tms::action::Catalogue& catalogue) {
  using tms::action::LedgerDown;
  return {
      .ack_wait = settings.ack_wait,
      .decision_wait = settings.decision_wait,
      .ledger_down = settings.ledger_down == "reject" ? LedgerDown::kReject : LedgerDown::kSpool,
      .spool_limit = SpoolLimit(settings),
      .outcome_bytes = OutcomeBytes(settings, catalogue)};
}

int Serve(const Settings& settings, const tms::action::Catalogue& catalogue,
          tms::action::HttpClusterClient& client, const tms::action::OwnerIdentity& identity,
          tms::action::Spool& spool) {
  auto host = tms::action::ActionHost::Start(
      {.server = settings.server,
       .peers = settings.peers,
       .ledger = settings.ledger,
       .owner = {.id = identity.id(), .incarnation = identity.incarnation()},
       .courier = MakeCourierOptions(settings, catalogue),
       .request_memory = static_cast<size_t>(settings.request_memory_mib) << 20,
       .threads = settings.threads},
      catalogue, client, spool, tms::SystemClock());
  if (!host.ok()) return Fail(1, tms::Message(host.status()));
  tms::log::Info("MAIN", "serving",
                 {{"port", (*host)->port()},
                  {"ledger", settings.ledger},
                  {"clusters", catalogue.clusters().size()},
                  {"owner", identity.id()},
                  {"incarnation", identity.incarnation()},
                  {"spooled", spool.usage().events},
                  {"dead_letters", spool.usage().dead_letters}});

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
  tms::RouteGrpcLog();

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
  std::atomic<bool> spool_failed = false;
  const auto end = [&spool_failed](const absl::Status& status) {
    tms::log::Error("MAIN", "spool_failed", {{"error", tms::Message(status)}});
    spool_failed = true;
    tms::RequestTermination();
  };
  const auto spool =
      tms::action::SqliteSpool::Open({.path = settings.spool,
                                      .outcome_bytes = OutcomeBytes(settings, *catalogue),
                                      .on_failure = end,
                                      .expected = identity->has_started_before(),
                                      .start = identity->incarnation(),
                                      .expected_start = identity->spool_start(),
                                      .accept_loss = settings.accept_lost_spool},
                                     tms::SystemClock());
  if (!spool.ok()) return Fail(1, tms::Message(spool.status()));
  if (const auto counted = identity->CountStart((*spool)->last_start()); !counted.ok()) {
    return Fail(1, tms::Message(counted));
  }
  TMS_CRASH_POINT("action.recovery.opened");
  const int exit_code = Serve(settings, *catalogue, client, *identity, **spool);
  return spool_failed ? 1 : exit_code;
}
