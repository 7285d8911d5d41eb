// The running ActionService: executor, courier and gRPC server. What main starts and ends, and
// tests likewise.
#pragma once

#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/work_pool.h"
#include "common/rpc/server.h"
#include "common/rpc/unary_edge.h"
#include "services/action/action_service.h"
#include "services/action/catalogue.h"
#include "services/action/cluster_client.h"
#include "services/action/executor.h"
#include "services/action/job_reader.h"
#include "services/action/owner_settlement.h"
#include "services/action/spool/spool.h"
#include "services/action/spooling_courier.h"

namespace tms::action {

struct ActionOptions {
  rpc::ServerOptions server;
  rpc::PeerNames peers;
  std::string ledger;  // HOST:PORT; called with the identity in `server.tls`
  Owner owner;
  CourierOptions courier;
  // Of requests in flight and waiting, as ActionService counts it.
  size_t request_memory = size_t{1} << 30;
  int threads = 4;
};

// Owned by main's thread and used by it alone.
class ActionHost {
 public:
  // Serves at once, whether or not the ledger is there. The catalogue, the client, the spool and
  // the clock outlive the host. Fails as rpc::Server::Start does.
  static absl::StatusOr<std::unique_ptr<ActionHost>> Start(const ActionOptions& options,
                                                           const Catalogue& catalogue,
                                                           ClusterClient& clusters, Spool& spool,
                                                           const Clock& clock);
  // Waits, however long it takes, until all that is left has ended.
  ~ActionHost();

  int port() const { return server_->port(); }

  // Ends in order: see Executor::Drain; then lets the answers go out. Returns how many actions and
  // events were left at `limit`. Whoever cannot wait for those must end the process at once: the
  // ledger then presumes them dead, and says so.
  size_t Drain(absl::Duration limit);

 private:
  ActionHost(const ActionOptions& options, const Catalogue& catalogue, ClusterClient& clusters,
             Spool& spool, const Clock& clock);

  const Clock& clock_;
  boost::asio::thread_pool pool_;
  // Executor and courier live on it.
  const boost::asio::strand<boost::asio::thread_pool::executor_type> strand_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::shared_ptr<SpoolingCourier> courier_;
  const std::shared_ptr<OwnerSettlement> settlement_;
  LedgerJobReader jobs_;
  Executor executor_;
  SpoolAdmin spool_admin_;
  MemoryBudget request_memory_;
  WorkPool blocking_;  // the edge wants one; nothing here blocks
  rpc::UnaryEdge edge_;
  ActionService service_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace tms::action
