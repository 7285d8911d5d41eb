#include "common/base/work_pool.h"

#include <gtest/gtest.h>

#include <atomic>

#include "absl/synchronization/notification.h"

namespace tms {
namespace {

TEST(WorkPool, RunsAllThatItAcceptedBeforeItGoes) {
  std::atomic<int> runs = 0;
  {
    WorkPool pool(2, 1'000);
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(pool.TrySubmit([&] { ++runs; }));
  }
  EXPECT_EQ(runs, 500);
}

TEST(WorkPool, RefusesWorkBeyondItsQueue) {
  absl::Notification started, release;
  WorkPool pool(1, 1);
  ASSERT_TRUE(pool.TrySubmit([&] {
    started.Notify();
    release.WaitForNotification();
  }));
  started.WaitForNotification();
  EXPECT_TRUE(pool.TrySubmit([] {}));
  EXPECT_FALSE(pool.TrySubmit([] {}));
  release.Notify();
}

}  // namespace
}  // namespace tms
