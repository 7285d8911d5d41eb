#include "services/gateway/audit_recorder.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "common/base/status.h"
#include "common/runtime/logging.h"
#include "services/gateway/services.h"

namespace tms::gateway {
namespace {

namespace asio = boost::asio;
namespace v1 = tms::ledger::v1;
using Ledger = v1::JobLedgerService::StubInterface::async_interface;

constexpr absl::Duration kCallTimeout = absl::Seconds(5);
constexpr absl::Duration kWindow = absl::Minutes(1);
// How often windows are looked at while nothing is to be sent.
constexpr absl::Duration kIdleWait = absl::Seconds(5);

bool MayPass(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::ABORTED:
      return true;
    default:
      return false;
  }
}

}  // namespace

AuditRecorder::AuditRecorder(Services& services, asio::any_io_executor executor,
                             const Limits& limits, const Clock& clock)
    : services_(services),
      limits_(limits),
      clock_(clock),
      strand_(asio::make_strand(std::move(executor))),
      timer_(strand_) {}

void AuditRecorder::Record(v1::AuditRecord record) {
  {
    absl::MutexLock lock(&mutex_);
    if (!record.success() && !Admit(record)) return;
    Push(std::move(record));
  }
  Wake();
}

bool AuditRecorder::Admit(const v1::AuditRecord& record) {
  SumUp(kWindow);
  Window& window = windows_[record.action()];
  if (window.recorded == 0) window.began = clock_.SinceBoot();
  if (window.recorded >= limits_.failures_a_minute) {
    ++window.left_out;
    return false;
  }
  ++window.recorded;
  return true;
}

void AuditRecorder::SumUp(absl::Duration age) {
  const absl::Duration now = clock_.SinceBoot();
  for (auto& [action, window] : windows_) {
    if (now - window.began < age) continue;
    const int left_out = std::exchange(window.left_out, 0);
    window.recorded = 0;
    if (left_out == 0) continue;
    Push(MakeAuditRecord("", "",
                         {.action = action,
                          .success = false,
                          .detail = "and " + std::to_string(left_out) +
                                    " more within a minute, which are not listed"}));
  }
}

void AuditRecorder::Push(v1::AuditRecord record) {
  if (queue_.size() < limits_.max_waiting) {
    queue_.push_back(std::move(record));
    return;
  }
  ++all_lost_;
  if (++lost_ == 1) log::Error("AUDIT", "records_lost", {{"waiting", queue_.size()}});
}

AuditRecorder::Counts AuditRecorder::counts() const {
  absl::MutexLock lock(&mutex_);
  return {.waiting = queue_.size(), .lost = all_lost_};
}

std::optional<v1::AuditRecord> AuditRecorder::Front() {
  absl::MutexLock lock(&mutex_);
  SumUp(kWindow);
  if (queue_.empty()) return std::nullopt;
  return queue_.front();
}

void AuditRecorder::Pop() {
  absl::MutexLock lock(&mutex_);
  queue_.pop_front();
  if (lost_ == 0) return;
  const size_t lost = std::exchange(lost_, 0);
  Push(MakeAuditRecord(
      "", "",
      {.action = "AUDIT_RECORDS_LOST",
       .success = false,
       .detail = std::to_string(lost) + " records were lost while the ledger took none"}));
}

bool AuditRecorder::stopping() const {
  absl::MutexLock lock(&mutex_);
  return stopping_;
}

asio::awaitable<void> AuditRecorder::Run() {
  absl::Duration retry = limits_.first_retry;
  while (true) {
    std::optional<v1::AuditRecord> next = Front();
    if (!next.has_value()) {
      if (stopping()) co_return;
      co_await Wait(kIdleWait);
      continue;
    }
    const bool done = co_await Send(*std::move(next));
    if (done) {
      Pop();
      retry = limits_.first_retry;
    } else {
      if (stopping()) co_return;
      co_await Wait(retry);
      retry = std::min(retry * 2, limits_.longest_retry);
    }
  }
}

asio::awaitable<bool> AuditRecorder::Send(v1::AuditRecord record) {
  v1::RecordAuditRequest request;
  *request.mutable_record() = std::move(record);
  const std::string action = request.record().action();
  RequestContext context;
  context.correlation_id = request.record().record_key();
  const auto answer = co_await CallService(services_.ledger->async(), &Ledger::RecordAudit,
                                           std::move(request), context, kCallTimeout);
  if (answer.status.ok()) co_return true;
  const bool again = MayPass(answer.status);
  const auto write = again ? log::Warning : log::Error;
  write("AUDIT", again ? "record_waits" : "record_refused",
        {{"action", action}, {"error", answer.status.error_message()}});
  co_return !again;
}

asio::awaitable<void> AuditRecorder::Wait(absl::Duration limit) {
  const auto wait = [this, limit]() -> asio::awaitable<void> {
    timer_.expires_after(absl::ToChronoMilliseconds(limit));
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  };
  co_await asio::co_spawn(strand_, wait, asio::use_awaitable);
}

void AuditRecorder::Wake() {
  asio::post(strand_, [this] { timer_.cancel(); });
}

void AuditRecorder::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    SumUp(absl::ZeroDuration());
  }
  Wake();
}

}  // namespace tms::gateway
