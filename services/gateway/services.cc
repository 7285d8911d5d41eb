#include "services/gateway/services.h"

#include "common/rpc/channel.h"
#include "services/gateway/metrics.h"

namespace tms::gateway {

Services ConnectServices(const std::string& action_address, const std::string& ledger_address,
                         const std::shared_ptr<rpc::TlsIdentity>& tls, Metrics* metrics) {
  const auto connect = [&](const std::string& address) {
    return rpc::MakeChannel(address, tls,
                            metrics == nullptr ? rpc::Interceptors() : metrics->CountFailures());
  };
  const auto action = connect(action_address);
  const auto ledger = connect(ledger_address);
  return {.action = tms::action::v1::ActionService::NewStub(action),
          .ledger = tms::ledger::v1::JobLedgerService::NewStub(ledger),
          .action_health = grpc::health::v1::Health::NewStub(action),
          .ledger_health = grpc::health::v1::Health::NewStub(ledger),
          .action_channel = action};
}

}  // namespace tms::gateway
