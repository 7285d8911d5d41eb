// A cap on the calls in flight to one cluster, with a queue in front of it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <list>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"

namespace tms::action {

class Slots;

// One place among the calls in flight; gives itself back when it goes. Confined to the strand of
// its Slots.
class Slot {
 public:
  Slot() = default;
  Slot(Slot&&) noexcept = default;
  Slot& operator=(Slot&& other) noexcept;
  ~Slot() { Release(); }

  void Release();

 private:
  friend class Slots;
  explicit Slot(std::shared_ptr<Slots> slots) : slots_(std::move(slots)) {}

  std::shared_ptr<Slots> slots_;
};

// First come, first served. Confined to one strand; shared with the slots that it gave out.
class Slots : public std::enable_shared_from_this<Slots> {
 public:
  // `max_waiting` bounds the queue, which holds the requests' cids in memory.
  Slots(int max_in_flight, int max_waiting, const Clock& clock)
      : max_in_flight_(max_in_flight), max_waiting_(max_waiting), clock_(clock) {}

  // Waits for a place, at most until `deadline` (Clock::SinceBoot()).
  // RESOURCE_EXHAUSTED (CLUSTER_BUSY): the queue is full. DEADLINE_EXCEEDED: no place in time.
  // CANCELLED: the coroutine was cancelled. UNAVAILABLE (DRAINING): closed meanwhile or before.
  boost::asio::awaitable<absl::StatusOr<Slot>> Acquire(absl::Duration deadline);

  // Refuses those who wait and all who come.
  void Close();

  int in_flight() const { return in_flight_; }
  int waiting() const { return static_cast<int>(queue_.size()); }

 private:
  friend class Slot;
  struct Waiter;

  void GiveBack();

  const int max_in_flight_;
  const int max_waiting_;
  const Clock& clock_;
  int in_flight_ = 0;
  bool closed_ = false;
  std::list<Waiter*> queue_;
};

}  // namespace tms::action
