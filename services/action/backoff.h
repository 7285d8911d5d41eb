// How long to wait before the next try.
#pragma once

#include <algorithm>
#include <random>

#include "absl/time/time.h"

namespace tms::action {

// Doubles from `first` to `most`, each drawn from its upper half so that many clients that lost the
// same server do not come back together. Used by one strand.
class Backoff {
 public:
  Backoff(absl::Duration first, absl::Duration most) : first_(first), most_(most), next_(first) {}

  absl::Duration Next() {
    const absl::Duration wait = next_ * std::uniform_real_distribution(0.5, 1.0)(random_);
    next_ = std::min(next_ * 2, most_);
    return wait;
  }
  void Reset() { next_ = first_; }

 private:
  const absl::Duration first_;
  const absl::Duration most_;
  absl::Duration next_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace tms::action
