// What every command shares: the global options, the connections, the ways in and out.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/service/tls_options.h"
#include "tms/action/v1/action.grpc.pb.h"
#include "tms/ledger/v1/ledger.grpc.pb.h"

namespace tms::ledgerctl {

// Exit codes; --help explains them.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;

// For questions, which the services answer in milliseconds.
inline constexpr absl::Duration kQuestionDeadline = absl::Seconds(10);

struct GlobalOptions {
  std::string ledger = "127.0.0.1:50052";
  std::string action = "127.0.0.1:50051";
  tms::TlsOptions tls;
  std::string user;
  // Zero: each command's own default.
  absl::Duration deadline = absl::ZeroDuration();
};

// One run of the program. Owned by main, for one thread.
class Session {
 public:
  // `options` may still change until the chosen command runs.
  explicit Session(const GlobalOptions& options) : options_(options) {}

  const std::string& user() const { return options_.user; }

  // What the command line asked for; called once the line was read whole. Returns the exit code.
  std::function<int()> command;

  // Loads the TLS identity. To be called once, before `command`.
  absl::Status Begin();

  std::shared_ptr<grpc::Channel> Connect(const std::string& address) const;
  tms::ledger::v1::JobLedgerService::Stub& ledger();
  tms::action::v1::ActionService::Stub& action();

  // --deadline, or `fallback` where that is not given.
  absl::Duration DeadlineOr(absl::Duration fallback) const;

  // The context of one call, with the caller's name and DeadlineOr(fallback).
  std::unique_ptr<grpc::ClientContext> NewCall(absl::Duration fallback = kQuestionDeadline) const;

  // Says on stderr in one line what went wrong with `what`, and returns the exit code for it.
  static int Fail(std::string_view what, const grpc::Status& status);
  // The same for what was typed.
  static int RefuseUsage(const absl::Status& status);

 private:
  const GlobalOptions& options_;
  std::shared_ptr<rpc::TlsIdentity> tls_;
  std::unique_ptr<tms::ledger::v1::JobLedgerService::Stub> ledger_;
  std::unique_ptr<tms::action::v1::ActionService::Stub> action_;
};

}  // namespace tms::ledgerctl
