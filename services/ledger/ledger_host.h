// The running ledger: use cases, sweep and gRPC server over one store. What main starts and ends,
// and tests likewise.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/work_pool.h"
#include "common/rpc/server.h"
#include "common/rpc/unary_edge.h"
#include "services/ledger/change_source.h"
#include "services/ledger/health_thread.h"
#include "services/ledger/ledger.h"
#include "services/ledger/ledger_service.h"
#include "services/ledger/sweeper.h"
#include "services/ledger/wake_thread.h"

namespace tms::ledger {

struct LedgerOptions {
  rpc::ServerOptions server;
  rpc::PeerNames peers;
  absl::Duration grace = absl::Seconds(15);
  absl::Duration sweep_interval = absl::Seconds(1);
  absl::Duration health_interval = absl::Milliseconds(500);
  // Reads at a time.
  int readers = 4;
  WatchLimits watch;
};

// Owned by main's thread and used by it alone. `store` and `clock` outlive it.
class LedgerHost {
 public:
  // Takes up the store's open jobs, then serves. Fails as the store or rpc::Server::Start do.
  static absl::StatusOr<std::unique_ptr<LedgerHost>> Start(const LedgerOptions& options,
                                                           JobStore& store, const Clock& clock);
  ~LedgerHost();

  int port() const { return server_->port(); }

  // Ends in order: tells the world (health), ends the streams after their pending acks, lets calls
  // in flight finish, all within `limit`; what is left then is cancelled. Returns whether nothing
  // was. Calling it again does nothing.
  bool Drain(absl::Duration limit);

 private:
  LedgerHost(const LedgerOptions& options, JobStore& store, const Clock& clock);

  const Clock& clock_;
  WorkPool pool_;
  rpc::UnaryEdge edge_;
  Sweeper sweeper_;
  Ledger ledger_;
  ChangeSource changes_;
  LedgerService service_;
  std::unique_ptr<rpc::Server> server_;
  std::optional<WakeThread> wake_thread_;
  std::optional<SweepThread> sweep_thread_;
  std::optional<HealthThread> health_thread_;
};

}  // namespace tms::ledger
