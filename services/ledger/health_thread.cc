#include "services/ledger/health_thread.h"

#include <optional>
#include <utility>

#include "common/runtime/logging.h"

namespace tms::ledger {
namespace {

void LogChange(StoreState state) {
  switch (state) {
    case StoreState::kWritable:
      log::Info("MAIN", "store_writable");
      break;
    case StoreState::kFull:
      log::Error("MAIN", "disk_full");
      break;
    case StoreState::kBroken:
      log::Error("MAIN", "store_broken");
      break;
  }
}

}  // namespace

HealthThread::HealthThread(JobStore& store, absl::Duration interval,
                           std::function<void(bool)> set_serving)
    : thread_([this, &store, interval, set_serving = std::move(set_serving)] {
        std::optional<StoreState> told;
        do {
          const StoreState state = store.State();
          if (state == StoreState::kFull) store.Probe();
          if (state == told) continue;
          LogChange(state);
          set_serving(state == StoreState::kWritable);
          told = state;
        } while (!stop_.WaitFor(interval));
      }) {}

HealthThread::~HealthThread() {
  stop_.Set();
  thread_.join();
}

}  // namespace tms::ledger
