#include "services/ledger/sqlite/sqlite_stats.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "common/base/status.h"
#include "common/base/time_text.h"

namespace tms::ledger {
namespace {

// A level of buckets: its word in the database, and how much of a time's text names a bucket.
struct Level {
  std::string_view word;
  size_t start_size;
};
constexpr Level kLevels[] = {{"HOUR", 13}, {"DAY", 10}, {"MONTH", 7}};

constexpr std::string_view kFirstMoment = "0000-01-01T00:00:00.000000Z";

#define TMS_STATS_VALUES                                                                         \
  "job_count, timed_job_count, elapsed_ms_sum, le_100ms, le_250ms, le_500ms, le_1s, le_2500ms, " \
  "le_5s, le_10s, le_15s, le_20s, le_30s, le_60s, le_120s, longer"
#define TMS_ADD_STATS                                                                  \
  "ON CONFLICT DO UPDATE SET job_count = job_count + excluded.job_count, "             \
  "timed_job_count = timed_job_count + excluded.timed_job_count, "                     \
  "elapsed_ms_sum = elapsed_ms_sum + excluded.elapsed_ms_sum, "                        \
  "le_100ms = le_100ms + excluded.le_100ms, le_250ms = le_250ms + excluded.le_250ms, " \
  "le_500ms = le_500ms + excluded.le_500ms, le_1s = le_1s + excluded.le_1s, "          \
  "le_2500ms = le_2500ms + excluded.le_2500ms, le_5s = le_5s + excluded.le_5s, "       \
  "le_10s = le_10s + excluded.le_10s, le_15s = le_15s + excluded.le_15s, "             \
  "le_20s = le_20s + excluded.le_20s, le_30s = le_30s + excluded.le_30s, "             \
  "le_60s = le_60s + excluded.le_60s, le_120s = le_120s + excluded.le_120s, "          \
  "longer = longer + excluded.longer"

constexpr char kAddStats[] =
    "INSERT INTO job_stats(level, bucket_start, cluster, action_code, status, failure_reason, "
    "effect, " TMS_STATS_VALUES
    ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
    "?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23) " TMS_ADD_STATS;
constexpr char kAddUserStats[] =
    "INSERT INTO job_user_stats(level, bucket_start, cluster, action_code, status, failure_reason, "
    "effect, " TMS_STATS_VALUES
    ", user_id) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
    "?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24) " TMS_ADD_STATS;

size_t DurationCell(int64_t millis) {
  const auto* const bound = std::ranges::lower_bound(kDurationBoundsMs, millis);
  return static_cast<size_t>(std::distance(std::begin(kDurationBoundsMs), bound));
}

}  // namespace

void StatsDeltas::Cell::Add(const Cell& other) {
  job_count += other.job_count;
  timed_job_count += other.timed_job_count;
  elapsed_ms_sum += other.elapsed_ms_sum;
  for (size_t i = 0; i < durations.size(); ++i) durations[i] += other.durations[i];
}

void StatsDeltas::Count(const Job& job, int count) {
  if (job.outcome.status == JobStatus::kInProgress) return;
  Cell cell{.job_count = count};
  if (job.elapsed.has_value()) {
    const int64_t millis = absl::ToInt64Milliseconds(*job.elapsed);
    cell.timed_job_count = count;
    cell.elapsed_ms_sum = count * millis;
    cell.durations[DurationCell(millis)] = count;
  }
  Key key{.user_id = job.user_id,
          .start = FormatTimestamp(job.created_at).substr(0, kLevels[0].start_size),
          .cluster = job.cluster,
          .action_code = job.action_code,
          .status = job.outcome.status,
          .failure_reason = job.outcome.failure_reason,
          .effect = job.outcome.effect};
  cells_[std::move(key)].Add(cell);
}

void StatsDeltas::Add(const StatsDeltas& other) {
  for (const auto& [key, cell] : other.cells_) cells_[key].Add(cell);
}

StatsDeltas::Cells StatsDeltas::RollUp(const Cells& cells, size_t start_size, bool keep_user) {
  Cells rolled_up;
  for (const auto& [key, cell] : cells) {
    Key wider = key;
    wider.start.resize(start_size);
    if (!keep_user) wider.user_id.clear();
    rolled_up[std::move(wider)].Add(cell);
  }
  return rolled_up;
}

absl::Status StatsDeltas::Flush(sqlite::Connection& connection) const {
  if (cells_.empty()) return absl::OkStatus();
  for (const Level& level : kLevels) {
    for (const bool keep_user : {true, false}) {
      for (const auto& [key, cell] : RollUp(cells_, level.start_size, keep_user)) {
        TMS_RETURN_IF_ERROR(Write(connection, level.word, keep_user, key, cell));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status StatsDeltas::Write(sqlite::Connection& connection, std::string_view level,
                                bool keep_user, const Key& key, const Cell& cell) {
  const std::string start = key.start + std::string(kFirstMoment.substr(key.start.size()));
  const auto& cells = cell.durations;
  static_assert(kDurationCells == 13, "the tables have a column for each");
  const auto add = [&](const char* sql, const auto&... user_id) {
    return connection.Run(sql, level, start, key.cluster, key.action_code, ToWord(key.status),
                          ToWord(key.failure_reason), ToWord(key.effect), cell.job_count,
                          cell.timed_job_count, cell.elapsed_ms_sum, cells[0], cells[1], cells[2],
                          cells[3], cells[4], cells[5], cells[6], cells[7], cells[8], cells[9],
                          cells[10], cells[11], cells[12], user_id...);
  };
  return keep_user ? add(kAddUserStats, key.user_id) : add(kAddStats);
}

}  // namespace tms::ledger
