// Slows down who guesses passwords.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"

namespace tms::gateway {

// Counts failed logins by account (also of accounts that don't exist) and by address. After a few
// free ones each further one doubles the time in which no other try is looked at. Thread-safe;
// keeps a bounded number of counts in memory. Owned by main.
class LoginThrottle {
 public:
  struct Limits {
    int free_per_account = 5;
    int free_per_address = 20;
    // Longest time that a count keeps others out, and after which it is forgotten.
    absl::Duration longest_wait = absl::Minutes(1);
    absl::Duration forget_after = absl::Minutes(15);
    size_t max_counts = 20'000;
  };
  LoginThrottle(const Limits& limits, const Clock& clock) : limits_(limits), clock_(clock) {}

  // How long this account or address has to wait; zero: the try may be looked at and counts as
  // failed until Succeeded says otherwise, so that many at once gain nothing.
  absl::Duration Begin(std::string_view user, std::string_view address);

  void Succeeded(std::string_view user, std::string_view address);

  size_t size() const;

 private:
  struct Count {
    int failures = 0;
    absl::Duration last;  // Clock::SinceBoot()
    absl::Duration open_at;
  };
  using Counts = std::map<std::string, Count, std::less<>>;

  Count& CountOf(const std::string& key, absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Fail(Count& count, int free, absl::Duration now) const;

  const Limits limits_;
  const Clock& clock_;
  mutable absl::Mutex mutex_;
  Counts counts_ ABSL_GUARDED_BY(mutex_);
};

// What of an address is counted: all of IPv4, the network (/64) of IPv6, which one person has
// whole.
std::string NetworkOf(std::string_view address);

}  // namespace tms::gateway
