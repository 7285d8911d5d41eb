// Admits events to the store in the order in which they come, as many as it takes at a time.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

#include "absl/synchronization/mutex.h"

namespace tms::ledger {

// The store refuses what goes beyond its queue; with this in front, streams wait for their turn
// instead, and stop reading meanwhile. Each stream has at most one event waiting, so they take
// turns: many heavy events of one don't keep others away. Thread-safe.
class WriteBudget {
 public:
  // `capacity` is the weight that may be in the store; what is heavier by itself is admitted alone.
  explicit WriteBudget(size_t capacity) : capacity_(capacity) {}

  // Calls `admitted` once, when its turn has come: at once on this thread, or later on the thread
  // of a Release.
  void Acquire(size_t weight, std::function<void()> admitted);
  // Gives back what was acquired, and admits who waits.
  void Release(size_t weight);

 private:
  bool HasRoom(size_t weight) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return in_use_ == 0 || in_use_ + weight <= capacity_;
  }

  const size_t capacity_;
  absl::Mutex mutex_;
  size_t in_use_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<std::pair<size_t, std::function<void()>>> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tms::ledger
