#include "services/action/slots.h"

#include <utility>

#include "common/base/status.h"
#include "services/action/event.h"

namespace tms::action {
namespace {

absl::Status DeadlinePassed() {
  return MakeStatus(absl::StatusCode::kDeadlineExceeded, "DEADLINE_IN_QUEUE",
                    "the deadline passed while waiting for the cluster; nothing was called");
}

absl::Status Draining() {
  return MakeStatus(absl::StatusCode::kUnavailable, "DRAINING",
                    "the service is shutting down; nothing was called");
}

}  // namespace

// Whoever waits in the queue. `slot` is set by the one who hands the place over.
struct Slots::Waiter {
  explicit Waiter(Slots& in) : slots(in) { slots.queue_.push_back(this); }
  ~Waiter() { std::erase(slots.queue_, this); }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  Slots& slots;
  Event woken;
  Slot slot;
  bool served = false;
};

Slot& Slot::operator=(Slot&& other) noexcept {
  if (this == &other) return *this;
  Release();
  slots_ = std::move(other.slots_);
  return *this;
}

void Slot::Release() {
  if (const auto slots = std::exchange(slots_, nullptr)) slots->GiveBack();
}

boost::asio::awaitable<absl::StatusOr<Slot>> Slots::Acquire(absl::Duration deadline) {
  const auto self = shared_from_this();
  if (closed_) co_return Draining();
  if (deadline <= clock_.SinceBoot()) co_return DeadlinePassed();
  if (in_flight_ < max_in_flight_) {
    ++in_flight_;
    co_return Slot(self);
  }
  if (waiting() >= max_waiting_) {
    co_return MakeStatus(absl::StatusCode::kResourceExhausted, "CLUSTER_BUSY",
                         "too many actions run and wait on this cluster; nothing was called");
  }
  Waiter waiter(*this);
  const Event::Wake wake = co_await waiter.woken.Wait(clock_, deadline);
  if (waiter.served) co_return std::move(waiter.slot);
  if (wake == Event::Wake::kSet) co_return Draining();
  if (wake == Event::Wake::kCancelled) {
    co_return MakeStatus(absl::StatusCode::kCancelled, "CANCELLED",
                         "the caller went away while it waited for the cluster");
  }
  co_return DeadlinePassed();
}

void Slots::Close() {
  closed_ = true;
  for (Waiter* waiter : std::exchange(queue_, {})) waiter->woken.Set();
}

void Slots::GiveBack() {
  if (queue_.empty()) {
    --in_flight_;
    return;
  }
  Waiter* next = queue_.front();
  queue_.pop_front();
  next->slot = Slot(shared_from_this());
  next->served = true;
  next->woken.Set();
}

}  // namespace tms::action
