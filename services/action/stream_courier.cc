#include "services/action/stream_courier.h"

#include <algorithm>
#include <chrono>

#include "common/base/status.h"
#include "common/runtime/logging.h"
#include "services/action/job_events.h"

namespace tms::action {

namespace asio = boost::asio;
using ledger::v1::JobEvent;
using ledger::v1::RecordEventsRequest;
using ledger::v1::RecordEventsResponse;

namespace {

constexpr char kTag[] = "COURIER";
constexpr absl::Duration kFirstReconnect = absl::Milliseconds(50);
constexpr absl::Duration kMostReconnect = absl::Seconds(2);
// Outcomes that may wait for the ledger, a few hundred bytes each; beyond it nothing is started.
constexpr size_t kMaxUndelivered = 20'000;
// A ledger that keeps forgetting the job will not learn it.
constexpr int kMaxResendsOfStart = 3;

LedgerStream::Message ToMessage(JobEvent event) {
  auto message = std::make_shared<RecordEventsRequest>();
  *message->mutable_event() = std::move(event);
  return message;
}

bool IsStored(Verdict verdict) {
  return verdict == RecordEventsResponse::APPLIED || verdict == RecordEventsResponse::REPLAYED;
}

absl::Status LedgerUnavailable() {
  return MakeStatus(absl::StatusCode::kUnavailable, "LEDGER_UNAVAILABLE",
                    "the ledger did not confirm the start; the cluster was not called");
}

}  // namespace

StreamCourier::StreamCourier(asio::any_io_executor strand,
                             std::unique_ptr<ledger::v1::JobLedgerService::StubInterface> stub,
                             absl::Duration ack_wait, const Clock& clock)
    : strand_(strand),
      stub_(std::move(stub)),
      ack_wait_(ack_wait),
      clock_(clock),
      backoff_(kFirstReconnect, kMostReconnect),
      reconnect_(strand) {}

void StreamCourier::Open() {
  if (closed_) return;
  const std::weak_ptr<StreamCourier> weak = weak_from_this();
  next_to_write_ = 0;
  stream_ = LedgerStream::Open(*stub_, strand_,
                               {.on_written =
                                    [weak] {
                                      if (const auto self = weak.lock()) {
                                        self->writing_ = false;
                                        self->Pump();
                                      }
                                    },
                                .on_ack =
                                    [weak](Ack ack) {
                                      if (const auto self = weak.lock())
                                        self->OnAck(std::move(ack));
                                    },
                                .on_done =
                                    [weak](const grpc::Status& status) {
                                      if (const auto self = weak.lock()) self->OnStreamDone(status);
                                    }});
  Pump();
}

void StreamCourier::Close() {
  closed_ = true;
  reconnect_.cancel();
  if (stream_) stream_->Cancel();
}

asio::awaitable<absl::StatusOr<Receipt>> StreamCourier::Start(JobEvent started,
                                                              absl::Duration deadline) {
  if (closed_ || undelivered_.size() >= kMaxUndelivered) co_return LedgerUnavailable();
  const Message message = ToMessage(std::move(started));
  const auto delivery = std::make_shared<Delivery>();
  const int64_t turn = Enqueue({.message = message, .delivery = delivery});
  co_await delivery->acked.Wait(clock_, std::min(deadline, clock_.SinceBoot() + ack_wait_));
  if (!delivery->acked.is_set()) {
    GiveUpStart(turn);
    co_return LedgerUnavailable();
  }
  Receipt receipt = ToReceipt(std::move(delivery->ack));
  if (IsStored(receipt.verdict)) started_[message->event().job_id()] = message;
  co_return receipt;
}

void StreamCourier::GiveUpStart(int64_t turn) {
  const Undelivered start = TakeOut(turn);
  // Once written it may become a job even if no ack ever comes.
  if (!start.written) return;
  Enqueue(
      {.message = ToMessage(NotCalledEvent(
           start.message->event(), "the ledger did not confirm the start in time", clock_.Now()))});
}

asio::awaitable<Receipt> StreamCourier::Finish(JobEvent finished) {
  const auto delivery = std::make_shared<Delivery>();
  const std::string job_id = finished.job_id();
  const auto started = started_.extract(job_id);
  Enqueue({.message = ToMessage(std::move(finished)),
           .delivery = delivery,
           .started = started.empty() ? nullptr : started.mapped()});
  co_await delivery->acked.Wait(clock_);
  Receipt receipt = ToReceipt(std::move(delivery->ack));
  if (receipt.recorded_in == v1::SetActionResponse::RECORDED_IN_UNSPECIFIED) {
    log::Error(kTag, "outcome_not_taken",
               {{"job_id", job_id},
                {"verdict", RecordEventsResponse::Verdict_Name(receipt.verdict)},
                {"detail", receipt.detail}});
  }
  co_return receipt;
}

asio::awaitable<size_t> StreamCourier::Flush(absl::Duration deadline) {
  if (!undelivered_.empty()) {
    const auto flushed = flushed_ = std::make_shared<Event>();
    co_await flushed->Wait(clock_, deadline);
  }
  co_return undelivered_.size();
}

StreamCourier::EventKey StreamCourier::KeyOf(const Message& message) {
  return {message->event().job_id(), message->event().event_seq()};
}

Receipt StreamCourier::ToReceipt(Ack ack) {
  Receipt receipt;
  receipt.verdict = ack.verdict();
  receipt.detail = ack.detail();
  if (ack.has_job()) receipt.job = std::move(*ack.mutable_job());
  // A rejected event is kept in the job's history.
  if (IsStored(receipt.verdict) || receipt.verdict == RecordEventsResponse::REJECTED) {
    receipt.recorded_in = v1::SetActionResponse::LEDGER;
  }
  return receipt;
}

int64_t StreamCourier::Enqueue(Undelivered event) {
  const int64_t turn = next_turn_++;
  turns_[KeyOf(event.message)] = turn;
  undelivered_.emplace(turn, std::move(event));
  Pump();
  return turn;
}

StreamCourier::Undelivered StreamCourier::TakeOut(int64_t turn) {
  Undelivered event = std::move(undelivered_.extract(turn).mapped());
  turns_.erase(KeyOf(event.message));
  return event;
}

void StreamCourier::Pump() {
  if (!stream_ || writing_) return;
  const auto next = undelivered_.lower_bound(next_to_write_);
  if (next == undelivered_.end()) return;
  next_to_write_ = next->first + 1;
  next->second.written = true;
  writing_ = true;
  stream_->Write(next->second.message);
}

void StreamCourier::OnAck(Ack ack) {
  backoff_.Reset();
  if (std::exchange(reported_down_, false)) log::Info(kTag, "ledger_stream_restored");
  const auto turn = turns_.find({ack.job_id(), ack.event_seq()});
  if (turn == turns_.end()) return;  // of a start that was given up, or acked before
  Undelivered event = TakeOut(turn->second);
  if (ack.verdict() == RecordEventsResponse::UNKNOWN_JOB && event.started) {
    OnUnknownJob(std::move(event), std::move(ack));
  } else if (event.delivery) {
    event.delivery->ack = std::move(ack);
    event.delivery->acked.Set();
  }
  if (undelivered_.empty() && flushed_) flushed_->Set();
}

void StreamCourier::OnUnknownJob(Undelivered finished, Ack ack) {
  if (finished.resends_of_start == kMaxResendsOfStart) {
    finished.delivery->ack = std::move(ack);
    finished.delivery->acked.Set();
    return;
  }
  log::Warning(kTag, "start_sent_again", {{"job_id", ack.job_id()}});
  JobEvent started = finished.started->event();
  // The cluster was called: the ledger must make the row whatever else it knows.
  started.mutable_started()->set_spooled(true);
  ++finished.resends_of_start;
  finished.written = false;
  Enqueue({.message = ToMessage(std::move(started))});
  Enqueue(std::move(finished));
}

void StreamCourier::OnStreamDone(const grpc::Status& status) {
  stream_ = nullptr;
  writing_ = false;
  if (closed_) return;
  if (!std::exchange(reported_down_, true)) {
    log::Warning(
        kTag, "ledger_stream_lost",
        {{"code", static_cast<int>(status.error_code())}, {"error", status.error_message()}});
  }
  reconnect_.expires_after(absl::ToChronoNanoseconds(backoff_.Next()));
  reconnect_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    if (error) return;
    if (const auto self = weak.lock()) self->Open();
  });
}

}  // namespace tms::action
