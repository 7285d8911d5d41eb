#include "common/runtime/options.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace tms {
namespace {

struct Flags {
  std::string db = "jobs.db";
  int readers = 4;
  absl::Duration grace = absl::Seconds(15);
  std::string listen = "127.0.0.1:50052";
  bool reflection = false;
};

// Exit code, or -1 where the program would go on.
int Parse(Flags& flags, std::vector<const char*> arguments) {
  Options options("job_ledger_service", "Owns jobs.db");
  options.Add("--db", flags.db, "Database file");
  options.Add("--readers", flags.readers, "Reading threads", 1, 64);
  options.Add("--grace", flags.grace, "Added to a timeout", absl::ZeroDuration(), absl::Hours(1));
  options.AddAddress("--listen", flags.listen, "Where to listen");
  options.Add("--reflection", flags.reflection, "Serve reflection");
  arguments.insert(arguments.begin(), "job_ledger_service");
  return options.Parse(static_cast<int>(arguments.size()), arguments.data()).value_or(-1);
}

TEST(Options, AFlagIsRead) {
  Flags flags;
  EXPECT_EQ(Parse(flags, {"--db", "x.db", "--readers=8", "--grace", "1.5s", "--listen", "[::1]:0",
                          "--reflection"}),
            -1);
  EXPECT_EQ(flags.db, "x.db");
  EXPECT_EQ(flags.readers, 8);
  EXPECT_EQ(flags.grace, absl::Milliseconds(1500));
  EXPECT_EQ(flags.listen, "[::1]:0");
  EXPECT_TRUE(flags.reflection);
}

TEST(Options, EnvironmentAndFileAreReadAndTheFlagWins) {
  const auto file = std::filesystem::temp_directory_path() / "tms_options_test.toml";
  std::ofstream(file) << "db = \"file.db\"\nreaders = 2\ngrace = \"3s\"\n";
  setenv("TMS_READERS", "3", 1);
  Flags flags;
  EXPECT_EQ(Parse(flags, {"--config", file.c_str(), "--grace", "4s"}), -1);
  unsetenv("TMS_READERS");
  std::filesystem::remove(file);
  EXPECT_EQ(flags.db, "file.db");
  EXPECT_EQ(flags.readers, 3);
  EXPECT_EQ(flags.grace, absl::Seconds(4));
}

TEST(Options, ABadValueEndsTheProgramWithTwoAndOneLineThatNamesIt) {
  for (const std::vector<const char*>& bad :
       std::vector<std::vector<const char*>>{{"--readers", "0"},
                                             {"--readers", "x"},
                                             {"--grace", "-1s"},
                                             {"--grace", "15"},
                                             {"--listen", "50052"},
                                             {"--listen", "::1:50052"},
                                             {"--unknown"},
                                             {"--config", "/none"}}) {
    Flags flags;
    testing::internal::CaptureStderr();
    EXPECT_EQ(Parse(flags, bad), 2) << bad[0];
    const std::string error = testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 1) << error;
    EXPECT_NE(error.find(bad[0]), std::string::npos) << error;
  }
}

TEST(Options, AnUnknownKeyInTheFileIsRefused) {
  const auto file = std::filesystem::temp_directory_path() / "tms_options_unknown.toml";
  std::ofstream(file) << "reader = 2\n";
  Flags flags;
  testing::internal::CaptureStderr();
  EXPECT_EQ(Parse(flags, {"--config", file.c_str()}), 2);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("--config: unknown key reader"),
            std::string::npos);
  std::filesystem::remove(file);
}

TEST(Options, HelpAndVersionEndWithZero) {
  Flags flags;
  testing::internal::CaptureStdout();
  EXPECT_EQ(Parse(flags, {"--help"}), 0);
  const std::string help = testing::internal::GetCapturedStdout();
  EXPECT_NE(help.find("TMS_GRACE"), std::string::npos) << help;
  EXPECT_EQ(Parse(flags, {"--version"}), 0);
}

TEST(Options, RecognisesLoopback) {
  EXPECT_TRUE(IsLoopbackHost("127.0.0.1"));
  EXPECT_TRUE(IsLoopbackHost("::1"));
  EXPECT_TRUE(IsLoopbackHost("localhost"));
  EXPECT_FALSE(IsLoopbackHost("0.0.0.0"));
  EXPECT_FALSE(IsLoopbackHost("localhost.example"));
  EXPECT_FALSE(IsLoopbackHost("127.0.0.1.example"));
}

}  // namespace
}  // namespace tms
