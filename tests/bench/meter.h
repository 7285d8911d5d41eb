// Time, rates, and what ends a measurement that went wrong.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "absl/status/status.h"

namespace tms::ledger {

using SteadyClock = std::chrono::steady_clock;

inline double SecondsSince(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

// Of CLOCK_PROCESS_CPUTIME_ID or CLOCK_THREAD_CPUTIME_ID; says more than the wall clock where
// others use the machine too.
inline double CpuSeconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// Prints how many events a second there were since it was made, and what one cost.
class Meter {
 public:
  void Print(const std::string& what, size_t event_count) const {
    const auto count = static_cast<double>(event_count);
    std::printf("%-24s %8.0f events/s %8.1f us of CPU each\n", what.c_str(),
                count / SecondsSince(start_),
                (CpuSeconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_) * 1e6 / count);
  }

 private:
  const SteadyClock::time_point start_ = SteadyClock::now();
  const double cpu_ = CpuSeconds(CLOCK_PROCESS_CPUTIME_ID);
};

[[noreturn]] inline void Die(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

inline void Check(const absl::Status& status) {
  if (!status.ok()) Die(status.ToString());
}

}  // namespace tms::ledger
