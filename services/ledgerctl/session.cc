#include "services/ledgerctl/session.h"

#include <chrono>
#include <iostream>

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"

namespace tms::ledgerctl {

absl::Status Session::Begin() {
  TMS_ASSIGN_OR_RETURN(tls_, options_.tls.Load());
  return absl::OkStatus();
}

std::shared_ptr<grpc::Channel> Session::Connect(const std::string& address) const {
  return rpc::MakeChannel(address, tls_);
}

tms::ledger::v1::JobLedgerService::Stub& Session::ledger() {
  if (!ledger_) {
    ledger_ = tms::ledger::v1::JobLedgerService::NewStub(Connect(options_.ledger));
  }
  return *ledger_;
}

tms::action::v1::ActionService::Stub& Session::action() {
  if (!action_) {
    action_ = tms::action::v1::ActionService::NewStub(Connect(options_.action));
  }
  return *action_;
}

absl::Duration Session::DeadlineOr(absl::Duration fallback) const {
  return options_.deadline > absl::ZeroDuration() ? options_.deadline : fallback;
}

std::unique_ptr<grpc::ClientContext> Session::NewCall(absl::Duration fallback) const {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() +
                        absl::ToChronoMilliseconds(DeadlineOr(fallback)));
  if (!options_.user.empty()) context->AddMetadata(rpc::kUserKey, options_.user);
  return context;
}

int Session::Fail(std::string_view what, const grpc::Status& status) {
  const absl::Status error = rpc::FromGrpc(status);
  const std::string code = absl::StatusCodeToString(error.code());
  const std::string reason = Reason(error);
  std::string line = std::string(what) + ": " + code + ": " + std::string(Message(error));
  if (!reason.empty() && reason != code) line += " (" + reason + ")";
  std::cerr << "ledgerctl: " << Sanitize(line) << "\n";
  return kFailed;
}

int Session::RefuseUsage(const absl::Status& status) {
  std::cerr << "ledgerctl: " << Message(status) << "\n";
  return kUsage;
}

}  // namespace tms::ledgerctl
