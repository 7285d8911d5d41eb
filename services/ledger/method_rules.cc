#include "services/ledger/method_rules.h"

namespace tms::ledger {

rpc::MethodRules LedgerMethodRules() {
  using rpc::kActionService, rpc::kGateway, rpc::kInternal, rpc::kLedgerctl;
  constexpr rpc::Peers kReaders = kGateway | kLedgerctl | kInternal;
  return {
      {"RecordEvents", {.peers = kActionService}},
      {"SettleOwner", {.peers = kActionService}},
      // The ActionService waits for the end of another request's job.
      {"GetJob", {.peers = kReaders | kActionService}},
      {"ListJobs", {.peers = kReaders}},
      {"WatchJobs", {.peers = kReaders}},
      {"ListJobEvents", {.peers = kReaders}},
      {"ListJobCustomers", {.peers = kReaders}},
      {"GetJobStats", {.peers = kReaders}},
      {"UpdateJob", {.peers = kGateway | kLedgerctl}},
      {"RecordAudit", {.peers = kGateway | kLedgerctl, .without_person = true}},
      {"ListAudit", {.peers = kGateway | kLedgerctl}},
  };
}

}  // namespace tms::ledger
