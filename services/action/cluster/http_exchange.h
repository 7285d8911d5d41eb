// One HTTP exchange with a cluster: from the name to the last byte of the answer.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "common/base/clock.h"
#include "services/action/cluster/classification.h"
#include "services/action/cluster/resolver.h"
#include "services/action/cluster/tls_contexts.h"
#include "services/action/cluster_client.h"

namespace tms::action {

// What the exchanges of all calls share.
struct ExchangeContext {
  const Clock& clock;
  Resolver& resolver;
  TlsContexts& tls_contexts;
};

// Sends the request of `call` at most once and reads the answer; says what happened. Never throws.
// Must be awaited on a strand; cancelling it has no effect. `call` and what `context` refers to
// must outlive it.
boost::asio::awaitable<CallFacts> Exchange(const ClusterCall& call, ExchangeContext context);

}  // namespace tms::action
