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

TEST(TokenRedaction, KnowsTheEscapesOfUrlsAndHtml) {
  EXPECT_EQ(RedactToken("/login?t=eyJh%2FbGci%2bOiJI&x=1", kToken), "/login?t=[token]&x=1");
  EXPECT_EQ(RedactToken("<p>eyJh&#47;bGci&#x2B;OiJI</p>", kToken), "<p>[token]</p>");
  EXPECT_EQ(RedactToken("<p>&#0101;yJh/bGci&#x00002b;OiJI</p>", kToken), "<p>[token]</p>");
  EXPECT_EQ(RedactToken("a&amp;b&lt;c&gt;d&quot;e&apos;f", "a&b<c>d\"e'f"), "[token]");
  EXPECT_EQ(RedactToken("50%25 of x", "50%25"), "[token] of x");
  for (const char* text : {"eyJh%2", "eyJh&#47", "eyJh&#;", "eyJh&", "%", "&#x", "eyJh%2GbGci"}) {
    EXPECT_EQ(RedactToken(text, kToken), text);
  }
}

TEST(TokenRedaction, ReplacesAShortTokenWhereItIsAWord) {
  EXPECT_EQ(RedactToken("Bearer abc, not abcabc or 1abc", "abc"), "Bearer ***, not abcabc or 1abc");
  EXPECT_EQ(RedactToken("x", "x"), "***");
  EXPECT_EQ(RedactToken("abcabc", ""), "abcabc");
}

}  // namespace
}  // namespace tms::action
