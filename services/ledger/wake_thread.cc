#include "services/ledger/wake_thread.h"

namespace tms::ledger {
namespace {

// How exactly heartbeats and stalls are timed.
constexpr absl::Duration kTick = absl::Milliseconds(250);

}  // namespace

WakeThread::WakeThread(ChangeFeed& feed, rpc::StreamHub& hub)
    : feed_(feed), thread_([this, &hub] {
        int64_t seen = feed_.head().number;
        while (!stop_.WaitFor(absl::ZeroDuration())) {
          feed_.AwaitChange(seen, kTick);
          seen = feed_.head().number;
          hub.WakeAll();
        }
      }) {}

WakeThread::~WakeThread() {
  stop_.Set();
  feed_.Close();
  thread_.join();
}

}  // namespace tms::ledger
