// job_ledger_service: wires the ledger together, serves until SIGTERM or SIGINT.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <limits>
#include <optional>
#include <string>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/disk_room.h"
#include "common/base/status.h"
#include "common/rpc/listen_check.h"
#include "common/runtime/logging.h"
#include "common/runtime/options.h"
#include "common/runtime/process.h"
#include "common/service/grpc_log.h"
#include "common/service/peer_options.h"
#include "common/service/tls_options.h"
#include "services/ledger/anchor_writer.h"
#include "services/ledger/ledger_host.h"
#include "services/ledger/older_file_guard.h"
#include "services/ledger/sqlite/sqlite_job_store.h"

namespace {

using tms::Message;

constexpr char kTag[] = "MAIN";
constexpr char kMigrationTag[] = "MIGRATION";
constexpr int kFailure = 1;
constexpr int kUsage = 2;
// Of no file: numbers count from 0.
constexpr int kNoOlderFile = -1;
// What ends after the drain (closing the database) gets this much longer before the watchdog.
constexpr absl::Duration kCloseLimit = absl::Seconds(10);

struct Flags {
  std::string db = "jobs.db";
  std::string anchors;
  std::string anchor_key;
  absl::Duration anchor_interval = absl::Minutes(1);
  int anchor_rows = 10'000;
  int accept_older_file = kNoOlderFile;
  std::string legacy_timezone;
  std::string check = "quick";
  absl::Duration drain_limit = absl::Seconds(30);
  tms::TlsOptions tls;
  tms::ledger::LedgerOptions ledger{.server = {.listen = "127.0.0.1:50052"}};
};

// What is wrong with a time zone's name; empty if nothing is.
std::string CheckTimeZone(const std::string& name) {
  absl::TimeZone zone;
  if (name.empty() || absl::LoadTimeZone(name, &zone)) return "";
  return "there is no time zone '" + name + "' here (IANA names, package tzdata)";
}

// The exit code if the program must end now.
std::optional<int> ParseFlags(int argc, char** argv, Flags& flags) {
  tms::Options options("job_ledger_service", "Keeps the ledger of Set Actions in one SQLite file.");
  options.AddAddress("--listen", flags.ledger.server.listen, "Address to serve gRPC on");
  tms::AddInsecureListen(options, flags.ledger.server.insecure_listen);
  flags.tls.AddTo(options);
  tms::AddPeerOptions(options, flags.ledger.peers);
  options.Add("--db", flags.db, "The ledger's file; made if there is none");
  options.Add("--anchors", flags.anchors,
              "File for signed statements of where the history stands; default: DB.anchors");
  options.Add("--anchor-key", flags.anchor_key,
              "The key that signs them, made if there is none; default: DB.anchor-key");
  options.Add("--anchor-interval", flags.anchor_interval, "A statement is due after this time …",
              absl::Seconds(1), absl::Hours(24));
  options.Add("--anchor-rows", flags.anchor_rows, "… or after so many rows", 1, 100'000'000);
  options
      .Add(
          "--accept-older-file", flags.accept_older_file,
          "Go on with a file that is older than its anchors and ends at event N, as the refusal of "
          "a start says; the events behind N are then gone for good, which the history records",
          0, std::numeric_limits<int>::max())
      ->type_name("N");
  options
      .Add("--legacy-timezone", flags.legacy_timezone,
           "Time zone of a replaced system's jobs.db given as --db, as in Europe/Berlin")
      ->check(CheckTimeZone);
  options
      .Add("--check", flags.check,
           "How the file is checked before it is served: none, quick (the newest rows of every "
           "table) or full (every page; reads all of the file)")
      ->check(CLI::IsMember({"none", "quick", "full"}));
  options.Add("--grace", flags.ledger.grace,
              "Time after a job's timeout until its outcome is presumed unknown", absl::Seconds(1),
              absl::Hours(1));
  options.Add("--readers", flags.ledger.readers, "Reads at a time", 1, 64);
  options.Add("--max-watchers", flags.ledger.watch.max_watchers, "WatchJobs streams at a time", 1,
              10'000);
  options.Add("--watch-heartbeat", flags.ledger.watch.heartbeat,
              "A watcher hears something at least so often", absl::Seconds(1), absl::Minutes(10));
  options.Add("--watch-stall", flags.ledger.watch.stall,
              "A watcher that takes nothing for so long is dropped", absl::Seconds(1),
              absl::Minutes(10));
  options.Add("--drain-limit", flags.drain_limit,
              "Time that calls in flight get to end after SIGTERM", absl::ZeroDuration(),
              absl::Minutes(10));
  options.Add("--reflection", flags.ledger.server.reflection, "Serve gRPC reflection");
  return options.Parse(argc, argv);
}

tms::ledger::AnchorWriter::Options AnchorOptions(const Flags& flags) {
  return {.path = flags.anchors.empty() ? flags.db + ".anchors" : flags.anchors,
          .key_path = flags.anchor_key.empty() ? flags.db + ".anchor-key" : flags.anchor_key,
          .interval = flags.anchor_interval,
          .rows = flags.anchor_rows};
}

std::optional<int64_t> AcceptedEnd(const Flags& flags) {
  if (flags.accept_older_file == kNoOlderFile) return std::nullopt;
  return flags.accept_older_file;
}

int Fail(const char* event, const absl::Status& status, int exit_code = kFailure) {
  if (tms::Reason(status) == tms::kReasonFull) {
    // As while it serves: nothing is wrong but the room, and a supervisor's next start finds it.
    tms::log::Error(kTag, "disk_full",
                    {{"error", Message(status)}, {"help", "make room, then start again"}});
  } else {
    tms::log::Error(kTag, event, {{"error", Message(status)}});
  }
  return exit_code;
}

void LogProgress(const tms::ledger::MigrationProgress& progress) {
  const int64_t millis = std::max<int64_t>(absl::ToInt64Milliseconds(progress.elapsed), 1);
  tms::log::Info(kMigrationTag, "migrating",
                 {{"step", progress.step},
                  {"rows", progress.rows},
                  {"total", progress.total_rows},
                  {"rows_per_s", progress.rows * 1'000 / millis},
                  {"elapsed_ms", millis}});
}

void LogMigration(const std::string& db, const tms::ledger::MigrationReport& report) {
  const tms::ledger::LegacyCounts& counts = report.counts;
  for (const auto& [what, rows] : counts.odd_rows) {
    tms::log::Warning(kMigrationTag, "kept_as_it_was", {{"what", what}, {"rows", rows}});
  }
  tms::log::Info(kMigrationTag, "migrated",
                 {{"db", db},
                  {"from", report.generation},
                  {"backup", report.backup_path},
                  {"jobs", counts.jobs},
                  {"customers", counts.customers},
                  {"customers_without_job", counts.stray_customers},
                  {"in_progress", counts.open_jobs},
                  {"ambiguous_local_times", counts.ambiguous_times},
                  {"elapsed_ms", absl::ToInt64Milliseconds(report.elapsed)}});
}

// F20: serves an older file only where somebody wants just that, and has it written down first.
absl::Status AcceptOlderFile(tms::ledger::SqliteJobStore& store,
                             const tms::ledger::OlderFileGuard& guard) {
  for (const std::string& line : guard.unreadable()) {
    tms::log::Warning(kTag, "anchor_unreadable", {{"line", line}});
  }
  if (!guard.record().has_value()) return absl::OkStatus();
  absl::Notification recorded;
  absl::Status status;
  store.RecordAudit(*guard.record(), [&](const absl::StatusOr<tms::ledger::AuditResult>& result) {
    status = result.status();
    recorded.Notify();
  });
  recorded.WaitForNotification();
  TMS_RETURN_IF_ERROR(status);
  TMS_ASSIGN_OR_RETURN(const auto away, guard.PutAnchorsAway(tms::SystemClock().Now()));
  tms::log::Warning(kTag, "older_file_accepted",
                    {{"what", guard.record()->detail}, {"earlier_anchors", away.value_or("")}});
  return absl::OkStatus();
}

int Run(Flags& flags) {
  auto tls = flags.tls.Load();
  if (!tls.ok()) return Fail("tls_failed", tls.status());
  flags.ledger.server.tls = *std::move(tls);
  if (const absl::Status listen = tms::rpc::CheckListen(flags.ledger.server); !listen.ok()) {
    return Fail("listen_refused", listen, kUsage);
  }
  // Before the file is made or touched: a second ledger on this port must leave none behind.
  if (const absl::Status free = tms::rpc::CheckCanListen(flags.ledger.server.listen); !free.ok()) {
    return Fail("start_failed", free);
  }
  std::atomic<bool> store_failed = false;
  tms::WarnOfPlaintext(flags.ledger.server);
  tms::ledger::SqliteJobStore::Options store_options;
  store_options.path = flags.db;
  store_options.check = *tms::ledger::StartupCheckFromWord(flags.check);
  store_options.reader_count = flags.ledger.readers;
  store_options.migration = {.timezone = flags.legacy_timezone, .on_progress = LogProgress};
  if (flags.ledger.server.tls) {
    store_options.owner_identities = flags.ledger.peers.action_services;
  }
  store_options.on_failure = [&store_failed](const absl::Status& status) {
    tms::log::Error(kTag, "store_failed", {{"error", Message(status)}});
    store_failed = true;
    tms::RequestTermination();
  };
  tms::ledger::AnchorWriter anchors(AnchorOptions(flags), tms::SystemClock());
  store_options.on_append = [&anchors](const std::string& chain_id, const auto& head) {
    anchors.Advance(chain_id, head.number, head.hash);
  };
  tms::ledger::OlderFileGuard guard(flags.db, AnchorOptions(flags).path, AcceptedEnd(flags));
  store_options.judge = [&guard](const auto& history) { return guard.Judge(history); };
  auto store = tms::ledger::SqliteJobStore::Open(store_options, tms::SystemClock());
  if (!store.ok()) return Fail("open_failed", store.status());
  if (const absl::Status accepted = AcceptOlderFile(**store, guard); !accepted.ok()) {
    return Fail("open_failed", accepted);
  }
  if (const auto& backup = (*store)->backup_path()) {
    tms::log::Info(kTag, "migrated", {{"db", flags.db}, {"backup", *backup}});
  }
  if (const auto& report = (*store)->migration_report()) LogMigration(flags.db, *report);

  const auto public_key = anchors.Start();
  if (!public_key.ok()) return Fail("anchors_failed", public_key.status());
  tms::log::Info(kTag, "anchoring", {{"public_key", *public_key}});

  auto host = tms::ledger::LedgerHost::Start(flags.ledger, **store, tms::SystemClock());
  if (!host.ok()) return Fail("start_failed", host.status());
  tms::log::Info(
      kTag, "serving",
      {{"listen", flags.ledger.server.listen}, {"port", (*host)->port()}, {"db", flags.db}});

  const int signal = tms::WaitForTermination();
  tms::log::Info(kTag, "draining", {{"signal", signal}});
  const tms::Watchdog watchdog(flags.drain_limit + kCloseLimit, kFailure);
  const bool drained = (*host)->Drain(flags.drain_limit);
  host->reset();
  store->reset();
  tms::log::Info(kTag, "stopped", {{"drained", drained}});
  return store_failed ? kFailure : 0;
}

}  // namespace

int main(int argc, char** argv) {
  tms::BeginProcess();
  Flags flags;
  if (const auto exit_code = ParseFlags(argc, argv, flags)) return *exit_code;
  tms::RouteGrpcLog();
  return Run(flags);
}
