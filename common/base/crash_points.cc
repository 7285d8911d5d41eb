#include "common/base/crash_points.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <optional>

namespace tms {
namespace {

constexpr int kBadValue = 2;

// What one environment variable asks for.
class Order {
 public:
  Order(const char* variable, int signal) : signal_(signal) {
    const char* value = std::getenv(variable);
    if (value == nullptr || Parse(value)) return;
    std::fprintf(stderr, "%s=%s names no crash point\n", variable, value);
    std::_Exit(kBadValue);
  }

  void Reach(std::string_view name) {
    if (name != name_ || --left_ != 0) return;
    // To the process, not the thread: nothing of it goes on.
    kill(getpid(), signal_);
    // The signal comes to any thread; this one must not be ahead of it.
    if (signal_ == SIGKILL) pause();
  }

 private:
  bool Parse(std::string_view value) {
    const size_t colon = value.find(':');
    name_ = value.substr(0, colon);
    if (std::find(std::begin(kCrashPoints), std::end(kCrashPoints), name_) ==
        std::end(kCrashPoints)) {
      return false;
    }
    if (colon == std::string_view::npos) return true;
    int count = 0;
    const char* const end = value.data() + value.size();
    const auto parsed = std::from_chars(value.data() + colon + 1, end, count);
    left_ = count;
    return parsed.ec == std::errc() && parsed.ptr == end && count > 0;
  }

  const int signal_;
  std::string_view name_;
  std::atomic<int> left_ = 1;
};

}  // namespace

void ReachCrashPoint(std::string_view name) {
  static Order crash("TMS_CRASH_AT", SIGKILL);
  static Order stop("TMS_STOP_AT", SIGSTOP);
  crash.Reach(name);
  stop.Reach(name);
}

}  // namespace tms
