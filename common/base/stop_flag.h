// A flag that one thread sets and others wait for.
#pragma once

#include <condition_variable>
#include <mutex>

#include "absl/time/time.h"

namespace tms {

// Thread-safe. Waits on the monotonic clock; abseil's timed waits follow the wall clock, and when
// somebody sets that back by a year, they last a year longer.
class StopFlag {
 public:
  void Set();

  // Whether it is set, as soon as it is, at most `limit` (finite) later.
  bool WaitFor(absl::Duration limit);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;  // guarded by mutex_, whose kind clang's checks don't know
};

}  // namespace tms
