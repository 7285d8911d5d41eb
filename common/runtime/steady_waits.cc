#include "common/runtime/steady_waits.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <type_traits>

#include "absl/synchronization/internal/create_thread_identity.h"
#include "absl/synchronization/internal/kernel_timeout.h"
#include "absl/synchronization/internal/per_thread_sem.h"
#include "absl/synchronization/internal/waiter.h"

namespace tms {
namespace {

using absl::synchronization_internal::Waiter;
using Word = std::atomic<int32_t>;

// Abseil's waiter is one futex: how many posts nobody has taken yet. Its post stays in use.
static_assert(ABSL_WAITER_MODE == ABSL_WAITER_MODE_FUTEX);
static_assert(std::is_standard_layout_v<Waiter> && sizeof(Waiter) == sizeof(Word));

constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;

int64_t ToNanoseconds(const timespec& time) {
  return time.tv_sec * kNanosecondsPerSecond + time.tv_nsec;
}

int64_t Now(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return ToNanoseconds(now);
}

// When a wait for a wall time ends, on the monotonic clock.
timespec ToMonotonic(timespec wall) {
  const int64_t left = ToNanoseconds(wall) - Now(CLOCK_REALTIME);
  if (left <= 0) return {};
  const int64_t end = Now(CLOCK_MONOTONIC) + left;
  return {.tv_sec = end / kNanosecondsPerSecond, .tv_nsec = end % kNanosecondsPerSecond};
}

bool TakePost(Word& posts) {
  int32_t count = posts.load(std::memory_order_relaxed);
  while (count != 0) {
    if (posts.compare_exchange_weak(count, count - 1, std::memory_order_acquire,
                                    std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

// False once it is `end` and there was no post. nullptr: waits as long as it takes.
bool Wait(Word& posts, const timespec* end) {
  while (!TakePost(posts)) {
    const long result = syscall(SYS_futex, &posts, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, end,
                                nullptr, FUTEX_BITSET_MATCH_ANY);
    if (result != 0 && errno == ETIMEDOUT) return TakePost(posts);
  }
  return true;
}

}  // namespace

void LinkSteadyWaits() {}

}  // namespace tms

// Idle marks and counters of blocked threads, which the original also keeps, nobody here reads.
extern "C" bool ABSL_INTERNAL_C_SYMBOL(AbslInternalPerThreadSemWait)(
    absl::synchronization_internal::KernelTimeout limit) {
  auto* const identity = absl::synchronization_internal::GetOrCreateCurrentThreadIdentity();
  auto& posts = *reinterpret_cast<tms::Word*>(tms::Waiter::GetWaiter(identity));
  if (!limit.has_timeout()) return tms::Wait(posts, nullptr);
  const timespec end = tms::ToMonotonic(limit.MakeAbsTimespec());
  return tms::Wait(posts, &end);
}
