#include "services/ledgerctl/audit_sender.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace tms::ledgerctl {
namespace {

namespace api = tms::ledger::v1;

// The ledger is away, restarts, or has too much to do.
bool MayPass(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED ||
         status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
}

}  // namespace

struct AuditSender::Call {
  std::unique_ptr<grpc::ClientContext> context;
  api::RecordAuditRequest request;
  api::RecordAuditResponse response;
  bool counted = false;

  size_t customers() const { return static_cast<size_t>(request.record().customer_ids_size()); }
};

AuditSender::AuditSender(Stub& stub, NewCall new_call, const Clock& clock, Limits limits)
    : stub_(stub),
      new_call_(std::move(new_call)),
      clock_(clock),
      limits_(limits),
      last_success_(clock.SinceBoot()) {}

AuditSender::~AuditSender() {
  absl::MutexLock lock(&mutex_);
  const auto none = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return with_grpc_ == 0; };
  mutex_.Await(absl::Condition(&none));
}

grpc::Status AuditSender::Send(api::AuditRecord record, bool counted) {
  auto call = std::make_unique<Call>();
  *call->request.mutable_record() = std::move(record);
  call->counted = counted;
  const size_t customers = call->customers();
  // What is heavier than all that may be in flight goes alone.
  const size_t room = limits_.customers - std::min(customers, limits_.customers);
  if (grpc::Status status = WaitUntilLeft(limits_.calls - 1, room); !status.ok()) return status;
  {
    absl::MutexLock lock(&mutex_);
    ++calls_;
    customers_ += customers;
  }
  Start(std::move(call));
  return grpc::Status::OK;
}

grpc::Status AuditSender::Finish() { return WaitUntilLeft(0, 0); }

AuditSender::Counts AuditSender::counts() {
  absl::MutexLock lock(&mutex_);
  return counts_;
}

grpc::Status AuditSender::WaitUntilLeft(size_t calls, size_t customers) {
  for (;;) {
    std::vector<std::unique_ptr<Call>> again;
    {
      absl::MutexLock lock(&mutex_);
      const auto ready = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return !error_.ok() || !again_.empty() || (calls_ <= calls && customers_ <= customers);
      };
      mutex_.Await(absl::Condition(&ready));
      const bool given_up = clock_.SinceBoot() - last_success_ > limits_.patience;
      if (error_.ok() && !again_.empty() && given_up) error_ = failure_;
      if (!error_.ok()) return error_;
      if (again_.empty()) return grpc::Status::OK;
      again.swap(again_);
    }
    absl::SleepFor(limits_.retry_pause);
    for (std::unique_ptr<Call>& call : again) Start(std::move(call));
  }
}

void AuditSender::Start(std::unique_ptr<Call> call) {
  {
    absl::MutexLock lock(&mutex_);
    ++with_grpc_;
  }
  call->context = new_call_();
  call->response.Clear();
  Call* raw = call.release();
  stub_.async()->RecordAudit(
      raw->context.get(), &raw->request, &raw->response,
      [this, raw](const grpc::Status& status) { OnDone(std::unique_ptr<Call>(raw), status); });
}

void AuditSender::OnDone(std::unique_ptr<Call> call, const grpc::Status& status) {
  absl::MutexLock lock(&mutex_);
  --with_grpc_;
  if (MayPass(status)) {
    failure_ = status;
    again_.push_back(std::move(call));
    return;
  }
  --calls_;
  customers_ -= call->customers();
  if (!status.ok()) {
    if (error_.ok()) error_ = status;
    return;
  }
  last_success_ = clock_.SinceBoot();
  if (call->counted) ++(call->response.deduplicated() ? counts_.already_there : counts_.added);
}

}  // namespace tms::ledgerctl
