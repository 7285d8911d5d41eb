#include "common/base/time_text.h"

#include <gtest/gtest.h>

namespace tms {
namespace {

TEST(TimeText, TimestampsAlwaysHaveMicrosecondsSoThatTheySort) {
  EXPECT_EQ(FormatTimestamp(absl::UnixEpoch()), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(FormatTimestamp(absl::FromUnixMicros(1'769'861'824'655'816)),
            "2026-01-31T12:17:04.655816Z");
}

TEST(TimeText, ParsesExactlyWhatItFormats) {
  EXPECT_EQ(ParseTimestamp("2026-01-31T12:17:04.655816Z"),
            absl::FromUnixMicros(1'769'861'824'655'816));
  EXPECT_FALSE(ParseTimestamp("2026-01-31T12:17:04Z").has_value());
  EXPECT_FALSE(ParseTimestamp("2026-01-31 12:17:04.655816").has_value());
  EXPECT_FALSE(ParseTimestamp("yesterday").has_value());
}

TEST(TimeText, SecondsHaveNoTrailingZeros) {
  EXPECT_EQ(FormatSeconds(absl::Seconds(30)), "30s");
  EXPECT_EQ(FormatSeconds(absl::Milliseconds(1500)), "1.5s");
  EXPECT_EQ(FormatSeconds(absl::Milliseconds(250)), "0.25s");
  EXPECT_EQ(FormatSeconds(absl::Milliseconds(1)), "0.001s");
}

}  // namespace
}  // namespace tms
