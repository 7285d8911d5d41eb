// Audit records on their way to the ledger, many at a time, so that they share its commits.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "tms/ledger/v1/ledger.grpc.pb.h"

namespace tms::ledgerctl {

// Used by one thread; gRPC's threads tell it what became of each record. Every record must have a
// `record_key`: one whose answer was lost is sent again.
class AuditSender {
 public:
  using Stub = tms::ledger::v1::JobLedgerService::StubInterface;
  using NewCall = std::function<std::unique_ptr<grpc::ClientContext>()>;

  struct Limits {
    // In flight at a time. As many as the ledger writes in one group.
    size_t calls = 512;
    // The same in customers: half of what the ledger has room for.
    size_t customers = 100'000;
    // Without any answer that a record is there, while calls fail that may be tried again.
    absl::Duration patience = absl::Seconds(15);
    absl::Duration retry_pause = absl::Milliseconds(200);
  };
  struct Counts {
    int64_t added = 0;
    int64_t already_there = 0;
  };

  AuditSender(Stub& stub, NewCall new_call, const Clock& clock, Limits limits);
  // Waits for the calls in flight.
  ~AuditSender();
  AuditSender(const AuditSender&) = delete;
  AuditSender& operator=(const AuditSender&) = delete;

  // Waits while too many are in flight. An error is that of this or an earlier record, and the last
  // that was sent. `counted`: whether Counts has it.
  grpc::Status Send(tms::ledger::v1::AuditRecord record, bool counted);
  // Waits until all is there.
  grpc::Status Finish();

  // Of what was answered so far.
  Counts counts();

 private:
  struct Call;

  grpc::Status WaitUntilLeft(size_t calls, size_t customers);
  void Start(std::unique_ptr<Call> call);
  void OnDone(std::unique_ptr<Call> call, const grpc::Status& status);

  Stub& stub_;
  const NewCall new_call_;
  const Clock& clock_;
  const Limits limits_;

  absl::Mutex mutex_;
  // Not yet known to be there: those with gRPC, and those to be sent again.
  size_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t customers_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t with_grpc_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::unique_ptr<Call>> again_ ABSL_GUARDED_BY(mutex_);
  grpc::Status failure_ ABSL_GUARDED_BY(mutex_);  // of `again_`, the latest
  grpc::Status error_ ABSL_GUARDED_BY(mutex_);
  absl::Duration last_success_ ABSL_GUARDED_BY(mutex_);
  Counts counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tms::ledgerctl
