#include "common/base/crash_points.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

namespace tms {
namespace {

TEST(CrashPointsDeathTest, DiesAtTheNamedPlaceTheNthTime) {
  EXPECT_EXIT(
      {
        setenv("TMS_CRASH_AT", "action.start.acked:2", 1);
        ReachCrashPoint("action.start.acked");
        ReachCrashPoint("action.start.spooled");
        fprintf(stderr, "still here");
        ReachCrashPoint("action.start.acked");
        exit(0);
      },
      ::testing::KilledBySignal(SIGKILL), "still here");
}

TEST(CrashPointsDeathTest, GoesOnWithoutAnOrder) {
  EXPECT_EXIT(
      {
        unsetenv("TMS_CRASH_AT");
        ReachCrashPoint("action.start.acked");
        exit(3);
      },
      ::testing::ExitedWithCode(3), "");
}

TEST(CrashPointsDeathTest, AnUnknownPlaceOrCountEndsTheProcess) {
  for (const char* value : {"action.start.akced", "", "action.start.acked:", "sqlite.group:1",
                            "action.start.acked:0", "action.start.acked:1x"}) {
    EXPECT_EXIT(
        {
          setenv("TMS_CRASH_AT", value, 1);
          ReachCrashPoint("action.start.spooled");
          exit(0);
        },
        ::testing::ExitedWithCode(2), "names no crash point");
  }
}

#ifndef TMS_CRASH_POINTS
TEST(CrashPointsDeathTest, AReleaseBuildHasNone) {
  EXPECT_EXIT(
      {
        setenv("TMS_CRASH_AT", "action.start.acked", 1);
        TMS_CRASH_POINT("action.start.acked");
        exit(3);
      },
      ::testing::ExitedWithCode(3), "");
}
#else
TEST(CrashPointsDeathTest, ATestBuildHasThem) {
  EXPECT_EXIT(
      {
        setenv("TMS_CRASH_AT", "action.start.acked", 1);
        TMS_CRASH_POINT("action.start.acked");
        exit(3);
      },
      ::testing::KilledBySignal(SIGKILL), "");
}
#endif

}  // namespace
}  // namespace tms
