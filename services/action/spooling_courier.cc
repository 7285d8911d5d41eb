#include "services/action/spooling_courier.h"

#include <algorithm>
#include <utility>

#include "common/base/crash_points.h"
#include "common/base/status.h"
#include "common/runtime/logging.h"
#include "services/action/job_events.h"
#include "services/action/receipts.h"

namespace tms::action {

namespace asio = boost::asio;
using ledger::v1::JobEvent;
using ledger::v1::RecordEventsResponse;

namespace {

constexpr char kTag[] = "COURIER";
// Up to this an event goes by the quick lane: some thousand customers.
constexpr size_t kQuickBytes = 256 << 10;
// How often a full disk is looked at again.
constexpr absl::Duration kHoldInterval = absl::Seconds(1);

absl::Status LedgerUnavailable() {
  return MakeStatus(absl::StatusCode::kUnavailable, "LEDGER_UNAVAILABLE",
                    "the ledger did not confirm the start; the cluster was not called");
}

absl::Status SpoolFull() {
  return MakeStatus(absl::StatusCode::kResourceExhausted, "SPOOL_FULL",
                    "there is no room left for what the ledger has not confirmed; the cluster was "
                    "not called");
}

absl::Status SpoolUnreadable() {
  return MakeStatus(absl::StatusCode::kUnavailable, "SPOOL_UNAVAILABLE",
                    "whether this request was made before can't be looked up now; the cluster was "
                    "not called");
}

}  // namespace

SpoolingCourier::SpoolingCourier(asio::any_io_executor strand, const MakeStub& make_stub,
                                 Spool& spool, CourierOptions options, const Clock& clock)
    : strand_(strand), spool_(spool), options_(options), clock_(clock) {
  quick_ = std::make_shared<EventLane>("quick", strand, make_stub(), [this] { bulk_->Nudge(); });
  bulk_ = std::make_shared<EventLane>("bulk", strand, make_stub(), [this] { quick_->Nudge(); });
  const auto on_started = [this](const std::string& job_id) {
    const auto job = jobs_.find(job_id);
    if (job == jobs_.end()) return false;
    job->second->in_ledger = true;
    return true;
  };
  const auto find_start = [this](const std::string& job_id) {
    const auto job = jobs_.find(job_id);
    return job == jobs_.end() ? nullptr : Spooled(job->second->started);
  };
  backlog_ = std::make_shared<Backlog>(
      strand, spool, bulk_, Backlog::Jobs{.on_started = on_started, .find_start = find_start},
      clock);
}

void SpoolingCourier::Open() {
  quick_->Open();
  bulk_->Open();
  backlog_->Open();
}

void SpoolingCourier::Close() {
  closed_ = true;
  backlog_->Close();
  quick_->Close();
  bulk_->Close();
}

const std::shared_ptr<EventLane>& SpoolingCourier::LaneFor(const EventMessage& message) const {
  return message->event().ByteSizeLong() <= kQuickBytes ? quick_ : bulk_;
}

EventMessage SpoolingCourier::Spooled(const EventMessage& started) {
  JobEvent event = started->event();
  event.mutable_started()->set_spooled(true);
  return ToMessage(std::move(event));
}

asio::awaitable<std::optional<RecordEventsResponse>> SpoolingCourier::SendAndWait(
    std::shared_ptr<EventLane> lane, EventMessage message, absl::Duration deadline, bool& written) {
  struct Answer {
    Event came;
    Ack ack;
  };
  const auto answer = std::make_shared<Answer>();
  const EventLane::Turn turn = lane->Send(std::move(message), [answer](Ack ack) {
    answer->ack = std::move(ack);
    answer->came.Set();
  });
  co_await answer->came.Wait(clock_, deadline);
  if (answer->came.is_set()) co_return std::move(answer->ack);
  written = lane->Withdraw(turn) || written;
  co_return std::nullopt;
}

asio::awaitable<absl::Status> SpoolingCourier::Reserve(const JobPtr& job) {
  if (!spool_.usage().room_held && clock_.SinceBoot() >= next_hold_) {
    next_hold_ = clock_.SinceBoot() + kHoldInterval;
    const absl::Status held = co_await spool_.HoldRoom();
    if (!held.ok()) co_return SpoolFull();
  }
  const SpoolUsage usage = spool_.usage();
  const int64_t wanted = StartCost(job->started) + kOutcomeRoom;
  const auto outcomes = static_cast<int64_t>(jobs_.size() + 1) * kOutcomeRoom;
  if (!usage.room_held || usage.bytes + reserved_ + wanted > options_.spool_limit ||
      outcomes > options_.outcome_bytes) {
    co_return SpoolFull();
  }
  job->reserved = wanted;
  reserved_ += wanted;
  jobs_[job->started->event().job_id()] = job;
  co_return absl::OkStatus();
}

void SpoolingCourier::Release(const JobPtr& job) {
  reserved_ -= job->reserved;
  jobs_.erase(job->started->event().job_id());
}

asio::awaitable<absl::StatusOr<std::optional<Receipt>>> SpoolingCourier::FindSpooled(
    const JobEvent& started) {
  const auto& request = started.started();
  const SpoolUsage usage = spool_.usage();
  if (request.request_id().empty() || usage.events + usage.dead_letters == 0) {
    co_return std::nullopt;
  }
  const auto found = co_await spool_.FindRequest(request.user_id(), request.request_id());
  if (!found.ok()) {
    log::Warning(kTag, "request_not_looked_up", {{"error", Message(found.status())}});
    co_return SpoolUnreadable();
  }
  if (!found->has_value()) co_return std::nullopt;
  const SpooledRequest& earlier = **found;
  Receipt receipt;
  receipt.recorded_in = v1::SetActionResponse::SPOOL;
  receipt.verdict = earlier.started.started().fingerprint() == request.fingerprint()
                        ? RecordEventsResponse::DUPLICATE_OF
                        : RecordEventsResponse::CONFLICT;
  receipt.job = JobOf(earlier.started);
  if (earlier.finished) ApplyOutcome(*earlier.finished, *receipt.job);
  co_return receipt;
}

asio::awaitable<absl::StatusOr<Receipt>> SpoolingCourier::Start(JobEvent started,
                                                                StartTerms terms) {
  if (closed_) co_return LedgerUnavailable();
  absl::StatusOr<std::optional<Receipt>> earlier = co_await FindSpooled(started);
  if (!earlier.ok()) co_return earlier.status();
  if (earlier->has_value()) co_return **std::move(earlier);
  const auto job = std::make_shared<RunningJob>();
  job->started = ToMessage(std::move(started));
  const absl::Status reserved = co_await Reserve(job);
  if (!reserved.ok()) co_return reserved;

  const bool may_spool = terms.may_go_by_spool && options_.ledger_down == LedgerDown::kSpool;
  const absl::Duration patience = may_spool ? options_.ack_wait : options_.decision_wait;
  const absl::Duration until = std::min(terms.deadline, clock_.SinceBoot() + patience);
  const std::shared_ptr<EventLane> lane = LaneFor(job->started);
  bool written = false;
  if (!may_spool || !lane->is_down()) {
    std::optional<Ack> ack = co_await SendAndWait(lane, job->started, until, written);
    if (ack) {
      Receipt receipt = ToReceipt(*std::move(ack));
      if (!IsStored(receipt.verdict)) {
        Release(job);
        co_return receipt;
      }
      TMS_CRASH_POINT("action.start.acked");
      job->in_ledger = true;
      co_return receipt;
    }
  }
  if (may_spool && clock_.SinceBoot() < terms.deadline) {
    co_return co_await StartBySpool(job, written);
  }
  co_await GiveUp(job, written);
  co_return LedgerUnavailable();
}

asio::awaitable<absl::StatusOr<Receipt>> SpoolingCourier::StartBySpool(JobPtr job, bool written) {
  TMS_CRASH_POINT("action.start.before_spool");
  std::vector<EventMessage> events{Spooled(job->started)};
  const absl::Status put = co_await spool_.Put(std::move(events));
  if (!put.ok()) {
    co_await GiveUp(job, written);
    if (put.code() == absl::StatusCode::kResourceExhausted) co_return SpoolFull();
    log::Warning(kTag, "start_not_spooled", {{"error", Message(put)}});
    co_return LedgerUnavailable();
  }
  TMS_CRASH_POINT("action.start.spooled");
  job->in_spool = true;
  reserved_ -= job->reserved - kOutcomeRoom;
  job->reserved = kOutcomeRoom;
  backlog_->Wake();
  co_return InSpool();
}

asio::awaitable<void> SpoolingCourier::GiveUp(JobPtr job, bool written) {
  if (!written) {
    Release(job);
    co_return;
  }
  // The start again before its outcome: the first copy may still be on its way on a dead stream,
  // and must not come after the outcome.
  const EventMessage finished = ToMessage(NotCalledEvent(
      job->started->event(), "the ledger did not confirm the start in time", clock_.Now()));
  std::vector<EventMessage> events{job->started, finished};
  const absl::Status put = co_await spool_.Put(std::move(events));
  if (put.ok()) {
    TMS_CRASH_POINT("action.start.given_up");
    Release(job);
    backlog_->Wake();
    co_return;
  }
  log::Warning(kTag, "give_up_not_spooled",
               {{"job_id", finished->event().job_id()}, {"error", Message(put)}});
  TellFromMemory(job, finished);
}

void SpoolingCourier::TellFromMemory(const JobPtr& job, const EventMessage& finished) {
  ++only_in_memory_;
  const std::shared_ptr<EventLane> lane = LaneFor(job->started);
  lane->Send(job->started, [](Ack) {});
  // Whatever the verdict: if the ledger has no such job by now, it will never have it.
  lane->Send(finished, [self = shared_from_this(), job](Ack) {
    --self->only_in_memory_;
    self->Release(job);
  });
}

}  // namespace tms::action
