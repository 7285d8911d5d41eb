#include "common/base/stop_flag.h"

namespace tms {

void StopFlag::Set() {
  const std::lock_guard lock(mutex_);
  set_ = true;
  changed_.notify_all();
}

bool StopFlag::WaitFor(absl::Duration limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, absl::ToChronoNanoseconds(limit), [this] { return set_; });
}

}  // namespace tms
