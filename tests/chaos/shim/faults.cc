#include "tests/chaos/shim/faults.h"

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#include <algorithm>
#include <atomic>

#include "tests/chaos/shim/raw.h"

namespace tms::chaos {
namespace {

// Whether this is the event that a countdown waited for.
bool CountDown(std::atomic<int64_t>& countdown) {
  int64_t left = countdown.load();
  while (left >= 0) {
    if (countdown.compare_exchange_weak(left, left - 1)) return left == 0;
  }
  return false;
}

// Takes one, if there is one.
bool TakeOne(std::atomic<int64_t>& count) {
  int64_t left = count.load();
  while (left > 0) {
    if (count.compare_exchange_weak(left, left - 1)) return true;
  }
  return false;
}

}  // namespace

void Step(Control& control) {
  ++control.steps;
  if (CountDown(control.steps_until_kill)) Raw(SYS_kill, Raw(SYS_getpid), SIGKILL);
}

void DelaySync(const Control& control) {
  const int64_t delay = control.sync_delay_us.load();
  const timespec pause{delay / 1'000'000, delay % 1'000'000 * 1'000};
  if (delay > 0) Raw(SYS_nanosleep, &pause, nullptr);
}

bool SyncFails(Control& control) {
  ++control.syncs;
  if (TakeOne(control.syncs_until_failure) || control.syncs_until_failure.load() < 0) return false;
  if (!TakeOne(control.sync_failures_left) && control.sync_failures_left.load() >= 0) return false;
  ++control.failed_syncs;
  return true;
}

int64_t TakeRoom(Control& control, int64_t growth) {
  int64_t free = control.free_bytes.load();
  while (free >= 0 && growth > 0) {
    const int64_t taken = std::min(free, growth);
    if (control.free_bytes.compare_exchange_weak(free, free - taken)) {
      if (taken < growth) ++control.refused_writes;
      return taken;
    }
  }
  return growth;
}

void GiveRoom(Control& control, int64_t bytes) {
  int64_t free = control.free_bytes.load();
  while (free >= 0 && !control.free_bytes.compare_exchange_weak(free, free + bytes)) {
  }
}

}  // namespace tms::chaos
