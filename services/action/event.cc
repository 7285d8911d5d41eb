#include "services/action/event.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

#include "absl/cleanup/cleanup.h"

namespace tms::action {

namespace asio = boost::asio;

namespace {

// Timers overflow on an endless wait; nothing of ours waits longer than this.
constexpr absl::Duration kLongestWait = absl::Hours(24 * 365);

}  // namespace

void Event::Set() {
  set_ = true;
  for (asio::steady_timer* timer : waiting_) timer->cancel();
}

asio::awaitable<Event::Wake> Event::Wait(const Clock& clock, absl::Duration deadline) {
  // A cancelled caller is told by the return value, not by an exception from here on.
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto cancelled = [](asio::cancellation_state state) {
    return state.cancelled() != asio::cancellation_type::none;
  };
  while (!set_) {
    if (cancelled(co_await asio::this_coro::cancellation_state)) co_return Wake::kCancelled;
    const absl::Duration left = std::min(deadline - clock.SinceBoot(), kLongestWait);
    if (left <= absl::ZeroDuration()) co_return Wake::kDeadline;

    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_after(absl::ToChronoNanoseconds(left));
    waiting_.push_back(&timer);
    const absl::Cleanup unlink = [this, &timer] { std::erase(waiting_, &timer); };
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    // It has waited so long, also where `clock` is a test's and stands still.
    const bool expired = !ignored && left < kLongestWait;
    if (expired && !set_) co_return Wake::kDeadline;
  }
  co_return Wake::kSet;
}

}  // namespace tms::action
