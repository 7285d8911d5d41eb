#include "services/ledger/page_tokens.h"

#include <gtest/gtest.h>

#include "common/base/status.h"

namespace tms::ledger {
namespace {

constexpr PagePosition kPosition{.time_us = 1'800'000'000'123'456, .number = 42};

class PageTokensTest : public testing::Test {
 protected:
  void ExpectRefused(const absl::StatusOr<PagePosition>& opened) {
    EXPECT_EQ(opened.status().code(), absl::StatusCode::kInvalidArgument);
    const auto violations = GetViolations(opened.status());
    ASSERT_EQ(violations.size(), 1u);
    EXPECT_EQ(violations[0].field, "page_token");
  }

  const PageTokens tokens_{std::string(32, 'k')};
};

TEST_F(PageTokensTest, OpenGivesBackWhatWasSealed) {
  for (const PagePosition position :
       {kPosition, PagePosition{}, PagePosition{.time_us = -1, .number = INT64_MIN}}) {
    const auto opened =
        tokens_.Open("ListJobs", "query", tokens_.Seal("ListJobs", "query", position));
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(*opened, position);
  }
}

TEST_F(PageTokensTest, SurvivesARestartWithTheSameKey) {
  const std::string token = tokens_.Seal("ListJobs", "", kPosition);
  EXPECT_TRUE(PageTokens(std::string(32, 'k')).Open("ListJobs", "", token).ok());
  ExpectRefused(PageTokens(std::string(32, 'l')).Open("ListJobs", "", token));
}

TEST_F(PageTokensTest, RefusesEveryTokenWithOneCharacterAltered) {
  const std::string token = tokens_.Seal("ListJobs", "query", kPosition);
  for (size_t i = 0; i < token.size(); ++i) {
    for (const char other : {'A', 'B', '_', '-', '=', ' ', '\0'}) {
      if (token[i] == other) continue;
      std::string altered = token;
      altered[i] = other;
      ExpectRefused(tokens_.Open("ListJobs", "query", altered));
    }
  }
}

TEST_F(PageTokensTest, RefusesATokenThatIsCutOrLonger) {
  const std::string token = tokens_.Seal("ListJobs", "query", kPosition);
  for (size_t size = 0; size < token.size(); ++size) {
    ExpectRefused(tokens_.Open("ListJobs", "query", token.substr(0, size)));
  }
  ExpectRefused(tokens_.Open("ListJobs", "query", token + "A"));
  ExpectRefused(tokens_.Open("ListJobs", "query", token + token));
}

TEST_F(PageTokensTest, RefusesATokenOfAnotherQueryOrMethod) {
  const std::string token = tokens_.Seal("ListJobs", "query", kPosition);
  ExpectRefused(tokens_.Open("ListJobs", "another", token));
  ExpectRefused(tokens_.Open("ListAudit", "query", token));
  ExpectRefused(tokens_.Open("ListJobsq", "uery", token));
}

}  // namespace
}  // namespace tms::ledger
