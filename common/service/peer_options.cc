#include "common/service/peer_options.h"

namespace tms {

void AddPeerOptions(Options& options, rpc::PeerNames& names) {
  options.Add("--action-identity", names.action_services,
              "URI in the subjectAltName of an ActionService's certificate; comma-separated or "
              "repeated, as the other identities. They count only with --tls-*");
  options.Add("--gateway-identity", names.gateways, "Likewise of a gateway");
  options.Add("--ledgerctl-identity", names.ledgerctls,
              "Likewise of ledgerctl: whoever holds its certificate may do everything");
  options.Add("--internal-identity", names.internals,
              "Likewise of an internal service, which may run actions and read all jobs");
}

}  // namespace tms
