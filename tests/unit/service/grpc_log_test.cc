#include "common/service/grpc_log.h"

#include <grpc/support/log.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "common/runtime/logging.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tms {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// What `say` makes gRPC write to stderr.
template <typename Say>
std::string Written(Say say) {
  testing::internal::CaptureStderr();
  log::Configure({});
  RouteGrpcLog();
  say();
  return testing::internal::GetCapturedStderr();
}

size_t CountLines(const std::string& text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(GrpcLogTest, AnErrorOfGrpcIsALineOfOurs) {
  const std::string line = Written([] { gpr_log(GPR_ERROR, "handshake\n%s", "failed"); });
  EXPECT_THAT(line, AllOf(HasSubstr("warning [GRPC] event=grpc message="), HasSubstr("failed"),
                          HasSubstr("file=grpc_log_test.cc")));
  EXPECT_EQ(CountLines(line), 1u);
}

TEST(GrpcLogTest, S13_TracesWhichShowMessagesStayOffWhateverTheEnvironmentSays) {
  setenv("GRPC_VERBOSITY", "debug", 1);
  setenv("GRPC_TRACE", "all", 1);
  EXPECT_EQ(Written([] {
              gpr_log_verbosity_init();
              gpr_log(GPR_INFO, "token");
              gpr_log(GPR_DEBUG, "token");
            }),
            "");
  EXPECT_FALSE(gpr_should_log(GPR_LOG_SEVERITY_INFO));
}

TEST(GrpcLogTest, WhoeverKnocksInVainCantFillTheLog) {
  const std::string lines = Written([] {
    for (int i = 0; i < 1'000; ++i)
      gpr_log(GPR_ERROR, "refused %s", std::string(9'000, 'x').c_str());
  });
  EXPECT_LE(CountLines(lines), static_cast<size_t>(LineLimit::kLinesAMinute));
  EXPECT_LT(lines.size(), 60'000u);
  EXPECT_THAT(Written([] { gpr_log(GPR_ERROR, "assertion failed: x"); }),
              HasSubstr("error [GRPC]"));
}

TEST(LineLimitTest, CountsWhatItLeavesOut) {
  LineLimit limit;
  const absl::Duration start = absl::Hours(1);
  for (int i = 0; i < LineLimit::kLinesAMinute; ++i) EXPECT_EQ(limit.Pass(start), 0);
  for (int i = 0; i < 7; ++i) EXPECT_EQ(limit.Pass(start + absl::Seconds(59)), std::nullopt);
  EXPECT_EQ(limit.Pass(start + absl::Minutes(1)), 7);
  EXPECT_EQ(limit.Pass(start + absl::Minutes(1)), 0);
}

}  // namespace
}  // namespace tms
