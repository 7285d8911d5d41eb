// A few threads for work that blocks (disk), so that others (gRPC's) never do.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"

namespace tms {

// Thread-safe. Owned by main; its destructor runs what was accepted, then joins.
class WorkPool {
 public:
  // `max_queued` bounds what waits; beyond it TrySubmit refuses.
  WorkPool(int threads, size_t max_queued);
  ~WorkPool();
  WorkPool(const WorkPool&) = delete;
  WorkPool& operator=(const WorkPool&) = delete;

  // False if the queue is full: the work was not taken and will not run.
  [[nodiscard]] bool TrySubmit(std::function<void()> work);

 private:
  void Run();

  const size_t max_queued_;
  absl::Mutex mutex_;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace tms
