#include "services/ledger/sqlite/stats_ranges.h"

#include <algorithm>

#include "absl/time/civil_time.h"

namespace tms::ledger {
namespace {

bool IsInfinite(absl::Time time) {
  return time == absl::InfinitePast() || time == absl::InfiniteFuture();
}

absl::Time NextBucket(absl::Time start, StatsBucket bucket) {
  const absl::CivilSecond civil = absl::ToCivilSecond(start, absl::UTCTimeZone());
  const auto to_time = [](auto next) { return absl::FromCivil(next, absl::UTCTimeZone()); };
  switch (bucket) {
    case StatsBucket::kMonth:
      return to_time(absl::CivilMonth(civil) + 1);
    case StatsBucket::kDay:
      return to_time(absl::CivilDay(civil) + 1);
    case StatsBucket::kHour:
      break;
  }
  return to_time(absl::CivilHour(civil) + 1);
}

absl::Time RoundUp(absl::Time time, StatsBucket bucket) {
  const absl::Time start = BucketStart(time, bucket);
  return start == time ? time : NextBucket(start, bucket);
}

StatsBucket Smaller(StatsBucket bucket) {
  return bucket == StatsBucket::kMonth ? StatsBucket::kDay : StatsBucket::kHour;
}

// Covers [begin, end) with buckets from `largest` down to `smallest`.
void Cover(absl::Time begin, absl::Time end, StatsBucket largest, StatsBucket smallest,
           std::vector<StatsRange>& ranges) {
  if (begin >= end) return;
  const absl::Time inner_begin = RoundUp(begin, largest);
  const absl::Time inner_end = BucketStart(end, largest);
  if (largest == smallest) {
    ranges.push_back({largest, begin, end});
  } else if (inner_begin >= inner_end) {
    Cover(begin, end, Smaller(largest), smallest, ranges);
  } else {
    Cover(begin, inner_begin, Smaller(largest), smallest, ranges);
    ranges.push_back({largest, inner_begin, inner_end});
    Cover(inner_end, end, Smaller(largest), smallest, ranges);
  }
}

}  // namespace

absl::Time BucketStart(absl::Time time, StatsBucket bucket) {
  if (IsInfinite(time)) return time;
  const absl::CivilSecond civil = absl::ToCivilSecond(time, absl::UTCTimeZone());
  const auto to_time = [](auto start) { return absl::FromCivil(start, absl::UTCTimeZone()); };
  switch (bucket) {
    case StatsBucket::kMonth:
      return to_time(absl::CivilMonth(civil));
    case StatsBucket::kDay:
      return to_time(absl::CivilDay(civil));
    case StatsBucket::kHour:
      break;
  }
  return to_time(absl::CivilHour(civil));
}

std::vector<StatsRange> CoverRange(const StatsQuery& query) {
  const bool keeps_time =
      std::ranges::find(query.group_by, StatsDimension::kTime) != query.group_by.end();
  std::vector<StatsRange> ranges;
  Cover(BucketStart(query.created_after.value_or(absl::InfinitePast()), query.bucket),
        RoundUp(query.created_before.value_or(absl::InfiniteFuture()), query.bucket),
        keeps_time ? query.bucket : StatsBucket::kMonth, query.bucket, ranges);
  return ranges;
}

}  // namespace tms::ledger
