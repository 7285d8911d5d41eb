#include "services/ledger/sqlite/stats_ranges.h"

#include <string>

#include "common/base/time_text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tms::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

absl::Time At(const std::string& text) { return *ParseTimestamp(text + ":00.000000Z"); }

TEST(StatsRangesTest, WholeTimeIsMonths) {
  EXPECT_THAT(
      CoverRange({.bucket = StatsBucket::kHour}),
      ElementsAre(StatsRange{StatsBucket::kMonth, absl::InfinitePast(), absl::InfiniteFuture()}));
}

TEST(StatsRangesTest, RangeIsRoundedOutwardsToTheQuerysBuckets) {
  const StatsQuery query{.group_by = {StatsDimension::kTime},
                         .bucket = StatsBucket::kDay,
                         .created_after = At("2026-01-31T12:17"),
                         .created_before = At("2026-02-02T00:01")};
  EXPECT_THAT(CoverRange(query), ElementsAre(StatsRange{StatsBucket::kDay, At("2026-01-31T00:00"),
                                                        At("2026-02-03T00:00")}));
}

TEST(StatsRangesTest, MiddleOfALongRangeIsCoveredByLargerBuckets) {
  const StatsQuery query{.bucket = StatsBucket::kHour,
                         .created_after = At("2025-11-29T22:30"),
                         .created_before = At("2026-02-02T01:00")};
  EXPECT_THAT(
      CoverRange(query),
      ElementsAre(StatsRange{StatsBucket::kHour, At("2025-11-29T22:00"), At("2025-11-30T00:00")},
                  StatsRange{StatsBucket::kDay, At("2025-11-30T00:00"), At("2025-12-01T00:00")},
                  StatsRange{StatsBucket::kMonth, At("2025-12-01T00:00"), At("2026-02-01T00:00")},
                  StatsRange{StatsBucket::kDay, At("2026-02-01T00:00"), At("2026-02-02T00:00")},
                  StatsRange{StatsBucket::kHour, At("2026-02-02T00:00"), At("2026-02-02T01:00")}));
}

TEST(StatsRangesTest, OpenEndsReachAsFarAsTheyCan) {
  const StatsQuery query{.bucket = StatsBucket::kDay, .created_after = At("2026-01-31T12:00")};
  EXPECT_THAT(
      CoverRange(query),
      ElementsAre(StatsRange{StatsBucket::kDay, At("2026-01-31T00:00"), At("2026-02-01T00:00")},
                  StatsRange{StatsBucket::kMonth, At("2026-02-01T00:00"), absl::InfiniteFuture()}));
}

TEST(StatsRangesTest, RangeWithinOneDayIsHours) {
  const StatsQuery query{.bucket = StatsBucket::kHour,
                         .created_after = At("2026-01-31T12:00"),
                         .created_before = At("2026-01-31T14:00")};
  EXPECT_THAT(CoverRange(query), ElementsAre(StatsRange{StatsBucket::kHour, At("2026-01-31T12:00"),
                                                        At("2026-01-31T14:00")}));
}

TEST(StatsRangesTest, EmptyRangeIsNothing) {
  const absl::Time time = At("2026-01-31T12:00");
  EXPECT_THAT(CoverRange({.created_after = time, .created_before = time - absl::Hours(48)}),
              IsEmpty());
}

}  // namespace
}  // namespace tms::ledger
