#include "common/runtime/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/runtime/logging.h"

namespace tms {
namespace {

TEST(Process, S13ACrashLeavesNoCoreDumpWithTokens) {
  BeginProcess();
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_CORE, &limit), 0);
  EXPECT_EQ(limit.rlim_max, 0u);
}

TEST(Process, NewFilesAreNotForEverybody) {
  BeginProcess();
  const auto path = std::filesystem::temp_directory_path() / "tms_process_test";
  std::filesystem::remove(path);
  std::ofstream(path) << "secret";
  const auto others = std::filesystem::perms::others_all | std::filesystem::perms::group_write;
  EXPECT_EQ(std::filesystem::status(path).permissions() & others, std::filesystem::perms::none);
  std::filesystem::remove(path);
}

TEST(Process, ATerminationThatCameEarlyIsNotLost) {
  BeginProcess();
  RequestTermination();
  EXPECT_EQ(WaitForTermination(), SIGTERM);
}

TEST(Process, TheWatchdogEndsAProcessThatHangs) {
  EXPECT_EXIT(
      {
        log::Configure({});
        const Watchdog watchdog(absl::Milliseconds(20), 3);
        while (true) pause();
      },
      testing::ExitedWithCode(3), "drain_limit_exceeded");
}

TEST(Process, TheWatchdogLetsAProcessThatEndsInTime) {
  { const Watchdog watchdog(absl::Hours(1), 3); }
}

}  // namespace
}  // namespace tms
