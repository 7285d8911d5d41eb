// Time comes in through this interface, so that logic can be tested without waiting.
#pragma once

#include <memory>

#include "absl/time/time.h"

namespace tms {

// Thread-safe. Owned by main, outlives whoever reads it.
class Clock {
 public:
  virtual ~Clock() = default;

  // Wall clock: for display and storage only, it may jump.
  virtual absl::Time Now() const = 0;

  // Time since some fixed point of this boot; counts suspended time (CLOCK_BOOTTIME), never jumps.
  // Every deadline is measured with it.
  virtual absl::Duration SinceBoot() const = 0;
};

// The machine's clocks.
Clock& SystemClock();

}  // namespace tms
