// A clock for tests: stands still until it is moved.
#pragma once

#include "absl/synchronization/mutex.h"
#include "common/base/clock.h"

namespace tms {

class FakeClock final : public Clock {
 public:
  explicit FakeClock(absl::Time now = absl::FromUnixSeconds(1'800'000'000)) : now_(now) {}

  absl::Time Now() const override {
    absl::MutexLock lock(&mutex_);
    return now_;
  }
  absl::Duration SinceBoot() const override {
    absl::MutexLock lock(&mutex_);
    return since_boot_;
  }

  // Moves both clocks, as time does.
  void Advance(absl::Duration by) {
    absl::MutexLock lock(&mutex_);
    now_ += by;
    since_boot_ += by;
  }
  // Moves the wall clock alone, as an administrator does.
  void SetNow(absl::Time now) {
    absl::MutexLock lock(&mutex_);
    now_ = now;
  }

 private:
  mutable absl::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
  absl::Duration since_boot_ ABSL_GUARDED_BY(mutex_) = absl::Hours(1);
};

}  // namespace tms
