#include "services/action/event_lane.h"

#include <chrono>

#include "common/runtime/logging.h"

namespace tms::action {

namespace asio = boost::asio;

namespace {

constexpr char kTag[] = "COURIER";
constexpr absl::Duration kFirstReconnect = absl::Milliseconds(50);
constexpr absl::Duration kMostReconnect = absl::Seconds(2);

}  // namespace

EventLane::EventLane(std::string name, asio::any_io_executor strand,
                     std::unique_ptr<ledger::v1::JobLedgerService::StubInterface> stub,
                     std::function<void()> on_up)
    : name_(std::move(name)),
      strand_(strand),
      stub_(std::move(stub)),
      on_up_(std::move(on_up)),
      backoff_(kFirstReconnect, kMostReconnect),
      reconnect_(strand) {}

void EventLane::Open() {
  if (!closed_ && !stream_) OpenStream();
}

void EventLane::OpenStream() {
  next_to_write_ = 0;
  const std::weak_ptr<EventLane> weak = weak_from_this();
  const auto on_this = [weak](auto method) {
    return [weak, method](auto&&... arguments) {
      if (const auto self = weak.lock()) {
        ((*self).*method)(std::forward<decltype(arguments)>(arguments)...);
      }
    };
  };
  const auto on_written = [weak] {
    if (const auto self = weak.lock()) {
      self->writing_ = false;
      self->Pump();
    }
  };
  stream_ = LedgerStream::Open(*stub_, strand_,
                               {.on_open = on_this(&EventLane::OnUp),
                                .on_written = on_written,
                                .on_ack = on_this(&EventLane::OnStreamAck),
                                .on_done = on_this(&EventLane::OnStreamDone)});
  Pump();
}

void EventLane::Close() {
  closed_ = true;
  reconnect_.cancel();
  if (stream_) stream_->Cancel();
}

void EventLane::Nudge() {
  if (closed_ || stream_) return;
  Reconnect(absl::ZeroDuration());
}

EventLane::Turn EventLane::Send(EventMessage message, OnAck on_ack) {
  const Turn turn = next_turn_++;
  turns_.emplace(EventKey(message->event().job_id(), message->event().event_seq()), turn);
  undelivered_.emplace(turn,
                       Undelivered{.message = std::move(message), .on_ack = std::move(on_ack)});
  Pump();
  return turn;
}

bool EventLane::Withdraw(Turn turn) {
  const auto found = undelivered_.extract(turn);
  if (found.empty()) return true;
  const auto& event = found.mapped().message->event();
  const auto [first, last] = turns_.equal_range({event.job_id(), event.event_seq()});
  for (auto it = first; it != last; ++it) {
    if (it->second != turn) continue;
    turns_.erase(it);
    break;
  }
  return found.mapped().written;
}

void EventLane::Pump() {
  if (!stream_ || writing_) return;
  const auto next = undelivered_.lower_bound(next_to_write_);
  if (next == undelivered_.end()) return;
  next_to_write_ = next->first + 1;
  next->second.written = true;
  writing_ = true;
  stream_->Write(next->second.message);
}

void EventLane::OnUp() {
  // A ledger that answers may still take nothing, for instance because its disk is full.
  if (undelivered_.empty()) backoff_.Reset();
  if (link_ == Link::kUp) return;
  if (link_ == Link::kDown) log::Info(kTag, "ledger_stream_restored", {{"lane", name_}});
  link_ = Link::kUp;
  on_up_();
}

void EventLane::OnStreamAck(Ack ack) {
  backoff_.Reset();
  OnUp();
  // The first one that was sent: acks of one event come in the order in which it was written.
  const auto turn = turns_.lower_bound({ack.job_id(), ack.event_seq()});
  if (turn == turns_.end() || turn->first != EventKey(ack.job_id(), ack.event_seq())) return;
  Undelivered event = std::move(undelivered_.extract(turn->second).mapped());
  turns_.erase(turn);
  event.on_ack(std::move(ack));
}

void EventLane::OnStreamDone(const grpc::Status& status) {
  stream_ = nullptr;
  writing_ = false;
  if (closed_) return;
  if (link_ != Link::kDown) {
    log::Warning(kTag, "ledger_stream_lost",
                 {{"lane", name_},
                  {"code", static_cast<int>(status.error_code())},
                  {"error", status.error_message()}});
  }
  link_ = Link::kDown;
  Reconnect(backoff_.Next());
}

void EventLane::Reconnect(absl::Duration wait) {
  reconnect_.expires_after(absl::ToChronoNanoseconds(wait));
  reconnect_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    if (error) return;
    if (const auto self = weak.lock()) self->Open();
  });
}

}  // namespace tms::action
