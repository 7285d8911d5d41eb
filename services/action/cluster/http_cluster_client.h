// The cluster call over HTTP/1.1 and TLS.
#pragma once

#include "common/base/clock.h"
#include "services/action/cluster/resolver.h"
#include "services/action/cluster/tls_contexts.h"
#include "services/action/cluster_client.h"

namespace tms::action {

// Each call has a connection of its own and runs on a strand of its own. Thread-safe; owned by
// main; outlives its calls.
class HttpClusterClient final : public ClusterClient {
 public:
  explicit HttpClusterClient(const Clock& clock, LookUpFunction look_up = LookUpBySystem);

  boost::asio::awaitable<CallResult> Call(ClusterCall call) override;

  // Reads what the calls to `cluster` will share, so that main can refuse a CA file that is none.
  absl::Status Prepare(const Cluster& cluster);

 private:
  // On the call's strand.
  boost::asio::awaitable<CallResult> Run(ClusterCall call);

  const Clock& clock_;
  Resolver resolver_;
  TlsContexts tls_contexts_;
};

}  // namespace tms::action
