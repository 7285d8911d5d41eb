// Tells the world whether the ledger can write.
#pragma once

#include <functional>
#include <thread>

#include "absl/time/time.h"
#include "common/base/stop_flag.h"
#include "services/ledger/job_store.h"

namespace tms::ledger {

// Looks at the store's state once an interval, says what has changed, and while the disk is full
// tries whether there is room again. Owned by main, gone before the store is.
class HealthThread {
 public:
  // `set_serving` is called on the thread of this, at first and with each change.
  HealthThread(JobStore& store, absl::Duration interval, std::function<void(bool)> set_serving);
  ~HealthThread();
  HealthThread(const HealthThread&) = delete;
  HealthThread& operator=(const HealthThread&) = delete;

 private:
  StopFlag stop_;
  std::thread thread_;
};

}  // namespace tms::ledger
