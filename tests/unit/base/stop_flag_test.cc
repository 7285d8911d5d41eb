#include "common/base/stop_flag.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace tms {
namespace {

TEST(StopFlag, WaitsNoLongerThanItMay) {
  StopFlag flag;
  const auto began = std::chrono::steady_clock::now();
  EXPECT_FALSE(flag.WaitFor(absl::Milliseconds(20)));
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(20));
}

TEST(StopFlag, WakesWhoeverWaits) {
  StopFlag flag;
  std::thread setter([&] { flag.Set(); });
  EXPECT_TRUE(flag.WaitFor(absl::Minutes(1)));
  setter.join();
}

TEST(StopFlag, StaysSet) {
  StopFlag flag;
  flag.Set();
  EXPECT_TRUE(flag.WaitFor(absl::ZeroDuration()));
  EXPECT_TRUE(flag.WaitFor(absl::Minutes(1)));
}

}  // namespace
}  // namespace tms
