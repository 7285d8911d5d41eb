// The second half of the courier: outcomes, which are never given up.
#include <algorithm>
#include <utility>

#include "common/base/crash_points.h"
#include "common/base/status.h"
#include "common/runtime/logging.h"
#include "services/action/receipts.h"
#include "services/action/spooling_courier.h"

namespace tms::action {

namespace asio = boost::asio;
using ledger::v1::JobEvent;
using ledger::v1::RecordEventsResponse;

namespace {

constexpr char kTag[] = "COURIER";
// A ledger that keeps forgetting the job will not learn it.
constexpr int kMaxResendsOfStart = 3;
constexpr absl::Duration kFirstRetry = absl::Seconds(1);
constexpr absl::Duration kMostRetry = absl::Seconds(5);
// While draining: how often it looks, and how long a ledger that takes nothing is waited for.
constexpr absl::Duration kFlushPoll = absl::Milliseconds(20);
constexpr absl::Duration kFlushPatience = absl::Seconds(2);

}  // namespace

asio::awaitable<Receipt> SpoolingCourier::Finish(JobEvent finished) {
  const JobPtr job = jobs_.at(finished.job_id());
  const EventMessage message = ToMessage(std::move(finished));
  absl::Duration patience = options_.ack_wait;
  // Where neither takes it, both are tried for ever: the caller has no better truth to hear.
  Backoff backoff(kFirstRetry, kMostRetry);
  bool first = true;
  ++only_in_memory_;
  std::optional<Receipt> receipt;
  while (!receipt) {
    // Behind a start that is in the spool only, the outcome must not be ahead.
    if (!first || (job->in_ledger && !quick_->is_down())) {
      receipt = co_await FinishByStream(job, message, patience);
    }
    if (!receipt) receipt = co_await FinishBySpool(job, message);
    first = false;
    patience = backoff.Next();
  }
  --only_in_memory_;
  Release(job);
  co_return *std::move(receipt);
}

asio::awaitable<std::optional<Receipt>> SpoolingCourier::FinishByStream(const JobPtr& job,
                                                                        EventMessage finished,
                                                                        absl::Duration patience) {
  bool written = false;
  bool send_start = !job->in_ledger;
  const absl::Duration deadline = clock_.SinceBoot() + patience;
  for (int tries = 0;; ++tries) {
    if (send_start) quick_->Send(Spooled(job->started), [](Ack) {});
    std::optional<Ack> ack = co_await SendAndWait(quick_, finished, deadline, written);
    if (!ack) co_return std::nullopt;
    if (ack->verdict() == RecordEventsResponse::UNKNOWN_JOB && tries < kMaxResendsOfStart) {
      // The ledger was restored from a backup. The cluster was called: it must make the row.
      log::Warning(kTag, "start_sent_again", {{"job_id", ack->job_id()}});
      send_start = true;
      continue;
    }
    TMS_CRASH_POINT("action.finish.acked");
    const std::string job_id = ack->job_id();
    Receipt receipt = ToReceipt(*std::move(ack));
    if (!IsStored(receipt.verdict)) {
      const std::string verdict = RecordEventsResponse::Verdict_Name(receipt.verdict);
      log::Error(kTag, "dead_letter",
                 {{"job_id", job_id}, {"verdict", verdict}, {"detail", receipt.detail}});
      const absl::Status buried = co_await spool_.Bury(finished, verdict, receipt.detail);
      if (!buried.ok()) {
        log::Warning(kTag, "not_buried", {{"job_id", job_id}, {"error", Message(buried)}});
        co_return std::nullopt;
      }
    }
    if (job->in_spool) {
      const absl::Status removed = co_await spool_.RemoveJob(job_id);
      if (!removed.ok()) log::Warning(kTag, "spool_not_cleared", {{"error", Message(removed)}});
    }
    co_return receipt;
  }
}

asio::awaitable<std::optional<Receipt>> SpoolingCourier::FinishBySpool(const JobPtr& job,
                                                                       EventMessage finished) {
  TMS_CRASH_POINT("action.finish.before_spool");
  absl::Status put = absl::CancelledError();
  if (!job->in_spool) {
    // In case that the ledger has lost the job when it comes back.
    std::vector<EventMessage> events{Spooled(job->started), finished};
    put = co_await spool_.Put(std::move(events));
  }
  if (!put.ok()) {
    std::vector<EventMessage> events{finished};
    put = co_await spool_.Put(std::move(events));
  }
  if (!put.ok()) {
    log::Error(kTag, "outcome_not_spooled",
               {{"job_id", finished->event().job_id()}, {"error", Message(put)}});
    co_return std::nullopt;
  }
  TMS_CRASH_POINT("action.finish.spooled");
  backlog_->Wake();
  co_return InSpool();
}

asio::awaitable<size_t> SpoolingCourier::Flush(absl::Duration deadline) {
  const absl::Duration began = clock_.SinceBoot();
  const auto wanted = [&] {
    const absl::Duration progress = std::max(began, backlog_->last_progress());
    const bool delivering = spool_.usage().events > 0 && !bulk_->is_down() &&
                            clock_.SinceBoot() < progress + kFlushPatience;
    return (only_in_memory_ > 0 || delivering) && clock_.SinceBoot() < deadline;
  };
  const auto never = std::make_shared<Event>();
  while (wanted()) {
    co_await never->Wait(clock_, std::min(deadline, clock_.SinceBoot() + kFlushPoll));
  }
  co_return only_in_memory_;
}

}  // namespace tms::action
