// A wall clock that is wrong, and everything that waits for a time on it.
//
// The offset may change at any moment, as when a person sets the clock. The kernel wakes a wait for
// a wall time as soon as the clock has passed it, and lets it wait longer when the clock was set
// back; so do these waits, by looking again every kSlice.
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include <algorithm>
#include <cstdarg>
#include <cstdint>

#include "tests/chaos/shim/control.h"
#include "tests/chaos/shim/raw.h"

namespace tms::chaos {
namespace {

constexpr int64_t kNanosecond = 1'000'000'000;
constexpr int64_t kSlice = 50'000'000;

int64_t Offset() {
  Control* control = GetControl();
  return control == nullptr ? 0 : control->wall_offset_ns.load(std::memory_order_relaxed);
}

int64_t ToNanoseconds(const timespec& time) { return time.tv_sec * kNanosecond + time.tv_nsec; }

timespec ToTimespec(int64_t nanoseconds) {
  // Times before 1970 are not waited for.
  nanoseconds = std::max<int64_t>(nanoseconds, 0);
  return {nanoseconds / kNanosecond, nanoseconds % kNanosecond};
}

int64_t RealNow() {
  timespec now{};
  Raw(SYS_clock_gettime, CLOCK_REALTIME, &now);
  return ToNanoseconds(now);
}

bool IsWallClock(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
}

// The next piece of a wait for a wall time as this process sees it.
struct Slice {
  timespec until;  // on the real clock
  bool last;
};

Slice NextSlice(const timespec& deadline) {
  const int64_t wanted = ToNanoseconds(deadline) - Offset();
  const int64_t most = RealNow() + kSlice;
  return {ToTimespec(std::min(wanted, most)), wanted <= most};
}

template <typename Function>
Function Next(Function, const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

// FUTEX_WAIT_BITSET with a wall time, which is how abseil's mutexes wait.
long WaitOnFutex(int* word, int operation, int value, const timespec* deadline, int* word2,
                 int mask) {
  while (true) {
    const Slice slice = NextSlice(*deadline);
    const long result =
        Raw(SYS_futex, word, operation, value, &slice.until, word2, static_cast<long>(mask));
    if (result == 0 || errno != ETIMEDOUT || slice.last) return result;
  }
}

// What a condition variable's own clock is, glibc keeps in this bit (since 2.25).
bool WaitsOnMonotonicClock(const pthread_cond_t* condition) {
  return (condition->__data.__wrefs & 2) != 0;
}

}  // namespace
}  // namespace tms::chaos

using tms::chaos::Slice;

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const long result = tms::chaos::Raw(SYS_clock_gettime, clock, time);
  if (result == 0 && tms::chaos::IsWallClock(clock)) {
    *time = tms::chaos::ToTimespec(tms::chaos::ToNanoseconds(*time) + tms::chaos::Offset());
  }
  return static_cast<int>(result);
}

int gettimeofday(timeval* time, void* zone) noexcept {
  timespec now{};
  if (zone != nullptr) *static_cast<struct timezone*>(zone) = {};
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  *time = {now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

time_t time(time_t* result) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (result != nullptr) *result = now.tv_sec;
  return now.tv_sec;
}

// Everything else that comes this way is passed on as it is.
long syscall(long number, ...) noexcept {
  va_list list;
  va_start(list, number);
  long a[6];
  for (long& argument : a) argument = va_arg(list, long);
  va_end(list);
  const int operation = static_cast<int>(a[1]);
  const bool waits = number == SYS_futex && (operation & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;
  if (waits && (operation & FUTEX_CLOCK_REALTIME) != 0 && a[3] != 0) {
    return tms::chaos::WaitOnFutex(reinterpret_cast<int*>(a[0]), operation, static_cast<int>(a[2]),
                                   reinterpret_cast<const timespec*>(a[3]),
                                   reinterpret_cast<int*>(a[4]), static_cast<int>(a[5]));
  }
  return tms::chaos::Raw(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           const timespec* deadline) {
  static const auto real = tms::chaos::Next(&pthread_cond_timedwait, "pthread_cond_timedwait");
  if (tms::chaos::WaitsOnMonotonicClock(condition)) return real(condition, mutex, deadline);
  const Slice slice = tms::chaos::NextSlice(*deadline);
  const int result = real(condition, mutex, &slice.until);
  // A wake-up without a cause, which every caller must expect: to go on waiting here could miss a
  // signal.
  return result == ETIMEDOUT && !slice.last ? 0 : result;
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                           const timespec* deadline) {
  static const auto real = tms::chaos::Next(&pthread_cond_clockwait, "pthread_cond_clockwait");
  if (!tms::chaos::IsWallClock(clock)) return real(condition, mutex, clock, deadline);
  const Slice slice = tms::chaos::NextSlice(*deadline);
  const int result = real(condition, mutex, clock, &slice.until);
  return result == ETIMEDOUT && !slice.last ? 0 : result;
}

int pthread_mutex_timedlock(pthread_mutex_t* mutex, const timespec* deadline) noexcept {
  static const auto real = tms::chaos::Next(&pthread_mutex_timedlock, "pthread_mutex_timedlock");
  while (true) {
    const Slice slice = tms::chaos::NextSlice(*deadline);
    const int result = real(mutex, &slice.until);
    if (result != ETIMEDOUT || slice.last) return result;
  }
}

int sem_timedwait(sem_t* semaphore, const timespec* deadline) {
  static const auto real = tms::chaos::Next(&sem_timedwait, "sem_timedwait");
  while (true) {
    const Slice slice = tms::chaos::NextSlice(*deadline);
    const int result = real(semaphore, &slice.until);
    if (result == 0 || errno != ETIMEDOUT || slice.last) return result;
  }
}

}  // extern "C"
