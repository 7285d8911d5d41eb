#include "services/ledger/change_source.h"

#include <gtest/gtest.h>

#include "common/base/status.h"
#include "common/base/text.h"
#include "tests/unit/ledger/fake_job_store.h"

namespace tms::ledger {
namespace {

const HistoryPosition kPosition{.number = 42, .hash = std::string(32, '\x8f')};

void ExpectRefused(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  const auto violations = GetViolations(status);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].field, "resume_token");
}

TEST(ResumeTokensTest, OpenGivesBackWhatWasSealed) {
  const ResumeTokens tokens(std::string(32, 'k'), "epoch");
  EXPECT_EQ(*tokens.Open(tokens.Seal(kPosition)), kPosition);
}

TEST(ResumeTokensTest, S23_RefusesAnAlteredToken) {
  const ResumeTokens tokens(std::string(32, 'k'), "epoch");
  const std::string bytes = Base64UrlDecode(tokens.Seal(kPosition)).value();
  constexpr size_t kEpochFrom = 1, kEpochTo = 9;
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string altered = bytes;
    altered[i] ^= 1;
    const auto opened = tokens.Open(Base64UrlEncode(altered));
    if (i >= kEpochFrom && i < kEpochTo) {
      EXPECT_EQ(opened.status().code(), absl::StatusCode::kOutOfRange) << i;
    } else {
      ExpectRefused(opened.status());
    }
  }
  ExpectRefused(tokens.Open("").status());
  ExpectRefused(tokens.Open("nonsense").status());
  ExpectRefused(tokens.Open(Base64UrlEncode(bytes + "x")).status());
}

TEST(ResumeTokensTest, AnotherLedgersTokenIsOutOfRange) {
  const ResumeTokens ours(std::string(32, 'k'), "epoch");
  const ResumeTokens other(std::string(32, 'o'), "another epoch");
  EXPECT_EQ(ours.Open(other.Seal(kPosition)).status().code(), absl::StatusCode::kOutOfRange);
}

TEST(ChangeSourceTest, BeginsWhereTheHistoryEndsOrWhereTheTokenSays) {
  FakeJobStore store;
  ChangeSource changes(store);
  ASSERT_TRUE(changes.Load().ok());
  const auto fresh = changes.Open({}, "");
  ASSERT_TRUE(fresh.ok());
  EXPECT_EQ(fresh->position, store.last_position);
  EXPECT_FALSE(fresh->unproven);
  const auto resumed = changes.Open({}, changes.Seal(kPosition));
  ASSERT_TRUE(resumed.ok());
  EXPECT_EQ(resumed->position, kPosition);
  EXPECT_TRUE(resumed->unproven);
  EXPECT_EQ(changes.Prove(kPosition).code(), absl::StatusCode::kOutOfRange);
  EXPECT_TRUE(changes.Prove(store.last_position).ok());
}

TEST(ChangeSourceTest, HearsOfChangesUntilItGoes) {
  FakeJobStore store;
  {
    ChangeSource changes(store);
    ASSERT_TRUE(changes.Load().ok());
    store.listener({{.position = kPosition, .job = {.job_id = "job"}}});
    EXPECT_EQ(changes.feed().After(7).change->job.job_id, "job");
  }
  EXPECT_FALSE(store.listener);
}

TEST(ChangeSourceTest, NamesWhatIsWrongWithTheFilter) {
  FakeJobStore store;
  const ChangeSource changes(store);
  const auto opened = changes.Open({.http_status = 7}, "");
  EXPECT_EQ(GetViolations(opened.status()).at(0).field, "filter.http_status");
}

}  // namespace
}  // namespace tms::ledger
