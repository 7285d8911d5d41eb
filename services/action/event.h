// Something that happens once and that coroutines wait for.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>

#include "absl/time/time.h"
#include "common/base/clock.h"

namespace tms::action {

// Confined to one strand: whoever sets it and whoever waits runs there.
class Event {
 public:
  enum class Wake { kSet, kDeadline, kCancelled };

  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  bool is_set() const { return set_; }

  // Wakes all that wait, now and later. They resume after the caller has yielded.
  void Set();

  // Waits until it is set, `deadline` (Clock::SinceBoot()) has come or the coroutine is cancelled,
  // and says which; an event that is set wins. The event must outlive the wait.
  boost::asio::awaitable<Wake> Wait(const Clock& clock,
                                    absl::Duration deadline = absl::InfiniteDuration());

 private:
  bool set_ = false;
  std::list<boost::asio::steady_timer*> waiting_;
};

}  // namespace tms::action
