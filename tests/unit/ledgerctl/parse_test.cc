#include "services/ledgerctl/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status.h"
#include "common/base/time_text.h"
#include "tms/ledger/v1/job.pb.h"

namespace tms::ledgerctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using tms::ledger::v1::Job;

const absl::Time kNow = *ParseTimestamp("2026-02-01T00:00:00.000000Z");

std::string Moment(std::string_view text) {
  const auto time = ParseMoment(text, kNow);
  return time.ok() ? FormatTimestamp(*time) : "refused";
}

TEST(ParseTest, MomentsInEveryForm) {
  EXPECT_EQ(Moment("2026-01-31T12:17:04Z"), "2026-01-31T12:17:04.000000Z");
  EXPECT_EQ(Moment("2026-01-31T12:17:04.655816+02:00"), "2026-01-31T10:17:04.655816Z");
  EXPECT_EQ(Moment("2026-01-31"), "2026-01-31T00:00:00.000000Z");
  EXPECT_EQ(Moment("2026-01-31T12:17"), "2026-01-31T12:17:00.000000Z");
  EXPECT_EQ(Moment("2026-01-31 12:17:04"), "2026-01-31T12:17:04.000000Z");
  EXPECT_EQ(Moment("90m"), "2026-01-31T22:30:00.000000Z");
  EXPECT_EQ(Moment("1h30m"), "2026-01-31T22:30:00.000000Z");
  EXPECT_EQ(Moment("7d"), "2026-01-25T00:00:00.000000Z");
}

TEST(ParseTest, MomentsThatAreNone) {
  for (const char* text : {"", "yesterday", "-5m", "-1d", "d", "7dd", "1h7d", "2026-13-01",
                           "2026-01-31T25:00", "inf", "999999999d"}) {
    EXPECT_EQ(Moment(text), "refused") << text;
  }
}

TEST(ParseTest, Durations) {
  EXPECT_EQ(*ParsePositiveDuration("1.5s"), absl::Milliseconds(1500));
  EXPECT_EQ(*ParsePositiveDuration("2m"), absl::Minutes(2));
  for (const char* text : {"", "0", "0s", "-1s", "5", "inf", "soon"}) {
    EXPECT_FALSE(ParsePositiveDuration(text).ok()) << text;
  }
}

TEST(ParseTest, EnumValuesByName) {
  const auto& type = *Job::FailureReason_descriptor();
  EXPECT_EQ(*ParseEnumValue(type, "HTTP_ERROR"), Job::HTTP_ERROR);
  EXPECT_EQ(*ParseEnumValue(type, "http-error"), Job::HTTP_ERROR);
  const auto refused = ParseEnumValue(*Job::Status_descriptor(), "done");
  EXPECT_THAT(std::string(Message(refused.status())), HasSubstr("IN_PROGRESS, SUCCESS, FAILED"));
  EXPECT_FALSE(ParseEnumValue(type, "FAILURE_REASON_UNSPECIFIED").ok());
  EXPECT_FALSE(ParseEnumValue(type, "HTTP").ok());
  EXPECT_FALSE(ParseEnumValue(type, "").ok());
}

TEST(ParseTest, CidsOneALine) {
  EXPECT_THAT(ParseCidLines("a\r\n\n  1234567 \nlast one"),
              ElementsAre("a", "1234567", "last one"));
  EXPECT_THAT(ParseCidLines("\n \n"), ElementsAre());
}

}  // namespace
}  // namespace tms::ledgerctl
