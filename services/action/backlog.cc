#include "services/action/backlog.h"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "common/base/crash_points.h"
#include "common/base/status.h"
#include "common/runtime/logging.h"
#include "services/action/receipts.h"

namespace tms::action {

namespace asio = boost::asio;
using ledger::v1::JobEvent;
using ledger::v1::RecordEventsResponse;

namespace {

constexpr char kTag[] = "COURIER";
// Of the spool in memory at a time; one event may be longer.
constexpr size_t kWindowBytes = 4 << 20;
constexpr absl::Duration kRetrySpool = absl::Seconds(1);
// A ledger that keeps forgetting the job will not learn it.
constexpr int kMaxResends = 3;

// A bug. The process must not go on as if events were looked after.
void EndOnThrow(std::exception_ptr error) {
  if (error) std::terminate();
}

}  // namespace

Fate DecideFate(const JobEvent& event, RecordEventsResponse::Verdict verdict, bool running) {
  const bool stored = IsStored(verdict);
  if (event.has_finished()) {
    if (stored) return Fate::kRemoveJob;
    return verdict == RecordEventsResponse::UNKNOWN_JOB ? Fate::kSendAgain : Fate::kBury;
  }
  if (stored) return running ? Fate::kKeep : Fate::kRemoveStart;
  // A start that was given up needs no row of its own.
  if (!event.started().spooled()) return Fate::kRemoveJob;
  // One that may have been called always gets a row: the answer was that to its first copy, which
  // went over the stream before.
  const bool of_first_copy =
      verdict == RecordEventsResponse::DUPLICATE_OF || verdict == RecordEventsResponse::CONFLICT;
  return of_first_copy ? Fate::kSendAgain : Fate::kBury;
}

Backlog::Backlog(asio::any_io_executor strand, Spool& spool, std::shared_ptr<EventLane> lane,
                 Jobs jobs, const Clock& clock)
    : strand_(std::move(strand)),
      spool_(spool),
      lane_(std::move(lane)),
      jobs_(std::move(jobs)),
      clock_(clock),
      earlier_until_(spool.usage().last_position) {}

void Backlog::Open() {
  asio::co_spawn(
      strand_, [self = shared_from_this()] { return self->Run(); }, EndOnThrow);
}

void Backlog::Close() {
  closed_ = true;
  Wake();
}

void Backlog::Wake() { wake_->Set(); }

asio::awaitable<void> Backlog::Sleep(absl::Duration limit) {
  const auto wake = wake_;
  co_await wake->Wait(clock_, clock_.SinceBoot() + limit);
}

asio::awaitable<void> Backlog::Run() {
  const auto self = shared_from_this();
  while (!closed_) {
    wake_ = std::make_shared<Event>();
    if (bytes_sent_ >= kWindowBytes) {
      co_await Sleep(absl::InfiniteDuration());
      continue;
    }
    const auto next = co_await spool_.Next(place_, kWindowBytes - bytes_sent_);
    if (next.ok()) {
      earlier_read_ = next->empty() || next->back().position >= earlier_until_;
      for (const SpooledEvent& event : *next) earlier_sent_ += IsEarlier(event.position) ? 1 : 0;
      CheckEarlier();
    }
    if (!next.ok() || next->empty()) {
      const absl::Duration limit = next.ok() ? absl::InfiniteDuration() : kRetrySpool;
      co_await Sleep(limit);
      continue;
    }
    for (const SpooledEvent& event : *next) {
      place_ = event.position;
      bytes_sent_ += event.event.ByteSizeLong();
      Send({.message = ToMessage(event.event),
            .position = event.position,
            .bytes = event.event.ByteSizeLong()});
    }
  }
}

void Backlog::Send(Sent sent) {
  const EventMessage message = sent.message;
  lane_->Send(message, [weak = weak_from_this(), sent = std::move(sent)](EventLane::Ack ack) {
    const auto self = weak.lock();
    if (!self) return;
    asio::co_spawn(
        self->strand_,
        [self, sent, ack = std::move(ack)]() mutable {
          return self->Settle(std::move(sent), std::move(ack));
        },
        EndOnThrow);
  });
}

asio::awaitable<void> Backlog::Settle(Sent sent, EventLane::Ack ack) {
  TMS_CRASH_POINT("action.delivery.acked");
  const JobEvent& event = sent.message->event();
  const bool running =
      event.has_started() && IsStored(ack.verdict()) && jobs_.on_started(event.job_id());
  Fate fate = DecideFate(event, ack.verdict(), running);
  if (fate == Fate::kSendAgain) {
    const bool sent_again = co_await SendAgain(sent, ack);
    if (sent_again) co_return;
    fate = IsNotCalled(event) ? Fate::kRemoveJob : Fate::kBury;
  }
  co_await Forget(fate, sent, ack);
  Done(sent);
}

asio::awaitable<bool> Backlog::SendAgain(Sent& sent, const EventLane::Ack& ack) {
  if (sent.resends == kMaxResends) co_return false;
  const JobEvent& event = sent.message->event();
  if (event.has_finished()) {
    EventMessage start = jobs_.find_start(event.job_id());
    while (!start) {
      const auto found = co_await spool_.FindStart(event.job_id());
      if (found.ok() && !found->has_value()) co_return false;
      if (found.ok()) start = ToMessage(**found);
      // Whatever it is that the spool can't do now: the outcome is not to be buried for it.
      if (!found.ok()) co_await Sleep(kRetrySpool);
      if (closed_) co_return true;
    }
    log::Warning(kTag, "start_sent_again", {{"job_id", ack.job_id()}});
    lane_->Send(std::move(start), [](EventLane::Ack) {});
  }
  ++sent.resends;
  Send(std::move(sent));
  co_return true;
}

asio::awaitable<void> Backlog::Forget(Fate fate, const Sent& sent, const EventLane::Ack& ack) {
  const JobEvent& event = sent.message->event();
  absl::Status status;
  if (fate == Fate::kRemoveStart) {
    status = co_await spool_.RemoveStart(event.job_id());
  } else if (fate == Fate::kRemoveJob) {
    status = co_await spool_.RemoveJob(event.job_id());
  } else if (fate == Fate::kBury) {
    const std::string verdict = RecordEventsResponse::Verdict_Name(ack.verdict());
    log::Error(kTag, "dead_letter",
               {{"job_id", event.job_id()},
                {"event_seq", event.event_seq()},
                {"verdict", verdict},
                {"detail", ack.detail()}});
    status = co_await spool_.Bury(sent.message, verdict, ack.detail());
    TMS_CRASH_POINT("action.delivery.dead_letter");
    if (status.ok() && event.has_finished()) status = co_await spool_.RemoveStart(event.job_id());
  }
  // What stays in the spool by this is sent again after a restart, which changes nothing.
  if (!status.ok()) log::Warning(kTag, "spool_not_cleared", {{"error", Message(status)}});
  TMS_CRASH_POINT("action.delivery.removed");
}

void Backlog::Done(const Sent& sent) {
  bytes_sent_ -= sent.bytes;
  last_progress_ = clock_.SinceBoot();
  if (IsEarlier(sent.position)) --earlier_sent_;
  CheckEarlier();
  Wake();
}

void Backlog::CheckEarlier() {
  if (earlier_read_ && earlier_sent_ == 0) earlier_delivered_->Set();
}

}  // namespace tms::action
