#include "services/gateway/services.h"

#include "common/rpc/channel.h"

namespace tms::gateway {

Services ConnectServices(const std::string& action_address, const std::string& ledger_address,
                         const std::shared_ptr<rpc::TlsIdentity>& tls) {
  const auto action = rpc::MakeChannel(action_address, tls);
  const auto ledger = rpc::MakeChannel(ledger_address, tls);
  return {.action = tms::action::v1::ActionService::NewStub(action),
          .ledger = tms::ledger::v1::JobLedgerService::NewStub(ledger),
          .action_health = grpc::health::v1::Health::NewStub(action),
          .ledger_health = grpc::health::v1::Health::NewStub(ledger),
          .action_channel = action};
}

}  // namespace tms::gateway
