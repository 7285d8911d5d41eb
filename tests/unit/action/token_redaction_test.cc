#include "services/action/cluster/token_redaction.h"

#include <gtest/gtest.h>

namespace tms::action {
namespace {

constexpr char kToken[] = "eyJh/bGci+OiJI";

TEST(TokenRedaction, ReplacesEveryOccurrence) {
  EXPECT_EQ(RedactToken("a eyJh/bGci+OiJI b eyJh/bGci+OiJI", kToken), "a [token] b [token]");
}

TEST(TokenRedaction, KnowsTheEscapesOfJson) {
  EXPECT_EQ(RedactToken(R"({"m":"eyJh\/bGci\u002bOiJI"})", kToken), R"({"m":"[token]"})");
  EXPECT_EQ(RedactToken(R"("\u0065yJh/bGci\u002BOiJI")", kToken), R"("[token]")");
}

TEST(TokenRedaction, ReplacesATokenThatTheEndOfTheTextCuts) {
  EXPECT_EQ(RedactToken("Bearer eyJh/bGci", kToken), "Bearer [token]");
  EXPECT_EQ(RedactToken("Bearer eyJh/bG", kToken), "Bearer eyJh/bG");
}

TEST(TokenRedaction, LeavesOtherTextAlone) {
  for (const char* text : {"", "\\", "eyJh", "eyJh\\u00", "eyJh\\u002g bGci", "eyJx/bGci+OiJI"}) {
    EXPECT_EQ(RedactToken(text, kToken), text);
  }
}

TEST(TokenRedaction, FindsTheTokenAfterAFalseStart) {
  EXPECT_EQ(RedactToken("aaaaab", "aaab"), "aa[token]");
}

TEST(TokenRedaction, LeavesATokenAloneThatIsTooShortToBeSecret) {
  EXPECT_EQ(RedactToken("abcabc", "abc"), "abcabc");
  EXPECT_EQ(RedactToken("abcabc", ""), "abcabc");
}

}  // namespace
}  // namespace tms::action
