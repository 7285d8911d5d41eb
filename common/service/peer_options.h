// The flags that say which certificates belong to whom.
#pragma once

#include "common/rpc/peers.h"
#include "common/runtime/options.h"

namespace tms {

// Adds --action-identity, --gateway-identity, --ledgerctl-identity and --internal-identity; `names`
// holds the defaults.
void AddPeerOptions(Options& options, rpc::PeerNames& names);

}  // namespace tms
