// Which buckets of which size answer a question about a range of time. Pure.
#pragma once

#include <vector>

#include "absl/time/time.h"
#include "services/ledger/job_store.h"

namespace tms::ledger {

// Buckets of one size that start in [begin, end); the ends may be infinite.
struct StatsRange {
  StatsBucket bucket = StatsBucket::kHour;
  absl::Time begin;
  absl::Time end;

  friend bool operator==(const StatsRange&, const StatsRange&) = default;
};

// The start of the bucket (UTC) that `time` lies in.
absl::Time BucketStart(absl::Time time, StatsBucket bucket);

// The query's range, rounded outwards to whole buckets of the query's size. Where the query doesn't
// keep time apart, its middle is covered by larger buckets: a year is then 12 buckets, not 8,760.
std::vector<StatsRange> CoverRange(const StatsQuery& query);

}  // namespace tms::ledger
