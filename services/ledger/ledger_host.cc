#include "services/ledger/ledger_host.h"

#include <algorithm>

#include "common/base/status.h"
#include "common/runtime/logging.h"
#include "common/service/denial_log.h"
#include "services/ledger/method_rules.h"

namespace tms::ledger {
namespace {

// Reads that wait for a reader: some seconds of work, beyond which a caller had better be told.
constexpr size_t kMaxQueuedCalls = 1'000;

// Callers see only the correlation id of what went wrong inside; the text is for us.
void LogCall(const rpc::CallRecord& record) {
  switch (record.status.code()) {
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kUnavailable:
      log::Error("JOBS", "call_failed",
                 {{"method", record.method},
                  {"code", absl::StatusCodeToString(record.status.code())},
                  {"error", Message(record.status)},
                  {"correlation_id", record.call.correlation_id},
                  {"user", record.call.user},
                  {"elapsed_ms", absl::ToInt64Milliseconds(record.elapsed)}});
      break;
    case absl::StatusCode::kPermissionDenied:
      LogDenial(record);
      break;
    default:
      log::Debug("JOBS", "call",
                 {{"method", record.method},
                  {"code", absl::StatusCodeToString(record.status.code())},
                  {"correlation_id", record.call.correlation_id},
                  {"user", record.call.user},
                  {"elapsed_ms", absl::ToInt64Milliseconds(record.elapsed)}});
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<LedgerHost>> LedgerHost::Start(const LedgerOptions& options,
                                                              JobStore& store, const Clock& clock) {
  auto host = std::unique_ptr<LedgerHost>(new LedgerHost(options, store, clock));
  TMS_RETURN_IF_ERROR(host->sweeper_.LoadOpenJobs());
  TMS_RETURN_IF_ERROR(host->changes_.Load());
  TMS_ASSIGN_OR_RETURN(host->server_, rpc::Server::Start(options.server, {&host->service_}));
  host->wake_thread_.emplace(host->changes_.feed(), host->service_.watchers());
  host->sweep_thread_.emplace(host->sweeper_, options.sweep_interval);
  host->server_->SetServing(true);
  host->health_thread_.emplace(
      store, options.health_interval,
      [server = host->server_.get()](bool serving) { server->SetServing(serving); });
  return host;
}

LedgerHost::LedgerHost(const LedgerOptions& options, JobStore& store, const Clock& clock)
    : clock_(clock),
      pool_(options.readers, kMaxQueuedCalls),
      edge_(pool_, LogCall,
            rpc::Gatekeeper(options.peers, LedgerMethodRules(), options.server.tls != nullptr)),
      sweeper_(store, clock, options.grace),
      ledger_(store, sweeper_, clock),
      changes_(store),
      service_({ledger_, changes_, edge_, pool_, clock, options.watch}) {}

LedgerHost::~LedgerHost() { Drain(absl::ZeroDuration()); }

bool LedgerHost::Drain(absl::Duration limit) {
  if (!server_) return true;
  const absl::Duration deadline = clock_.SinceBoot() + limit;
  sweep_thread_.reset();
  health_thread_.reset();
  server_->SetServing(false);
  const bool drained = service_.DrainStreams(limit);
  server_->Shutdown(std::max(deadline - clock_.SinceBoot(), absl::ZeroDuration()));
  server_.reset();
  wake_thread_.reset();
  return drained;
}

}  // namespace tms::ledger
