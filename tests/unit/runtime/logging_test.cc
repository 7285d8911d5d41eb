#include "common/runtime/logging.h"

#include <gtest/gtest.h>

namespace tms::log {
namespace {

TEST(Logging, TextLinesAreKeyValueBehindTheirTag) {
  EXPECT_EQ(FormatLine(false, "SET_ACTION", "set_action_done",
                       {{"user", "ann"}, {"http_status", 200}, {"note", "two words"}}),
            "[SET_ACTION] event=set_action_done user=ann http_status=200 note=\"two words\"");
}

TEST(Logging, JsonLinesAreJson) {
  EXPECT_EQ(FormatLine(true, "JOBS", "swept", {{"count", 3}, {"ok", true}, {"why", "a \"b\""}}),
            R"("tag":"JOBS","event":"swept","count":3,"ok":true,"why":"a \"b\"")");
}

TEST(Logging, S12AValueCannotForgeALine) {
  EXPECT_EQ(FormatLine(false, "HTTP", "request", {{"user", "eve\n[JOBS] event=x \"q\""}}),
            "[HTTP] event=request user=\"eve [JOBS] event=x \\\"q\\\"\"");
}

TEST(Logging, AValueIsBounded) {
  const std::string line =
      FormatLine(false, "HTTP", "request", {{"body", std::string(1 << 20, 'x')}});
  EXPECT_LT(line.size(), 2'200u);
}

}  // namespace
}  // namespace tms::log
