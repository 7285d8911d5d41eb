#include <string>

#include "common/base/status.h"
#include "services/ledger/offline/checks.h"

namespace tms::ledger {
namespace {

using sqlite::Row;

// What the jobs add up to, and what is kept; each pair is compared in one statement, so that both
// are of one moment. Cells that all jobs have left are zero.
#define TMS_CELL                                                                               \
  "coalesce(cluster, '') AS c, action_code, status, coalesce(failure_reason, '') AS f, "       \
  "coalesce(effect, '') AS e, count(*), count(elapsed_ms), coalesce(sum(elapsed_ms), 0) FROM " \
  "jobs WHERE status <> 'IN_PROGRESS' GROUP BY "
#define TMS_KEPT                                                                    \
  "bucket_start, cluster, action_code, status, failure_reason, effect, job_count, " \
  "timed_job_count, elapsed_ms_sum "
#define TMS_COMPARE                                                             \
  "SELECT * FROM (SELECT * FROM expected EXCEPT SELECT * FROM kept) UNION ALL " \
  "SELECT * FROM (SELECT * FROM kept EXCEPT SELECT * FROM expected) ORDER BY 1, 2, 3 LIMIT 1"
#define TMS_NOT_ZERO "AND (job_count <> 0 OR timed_job_count <> 0 OR elapsed_ms_sum <> 0)"

// ?1 the level, ?2 how much of a time names a bucket, ?3 the rest of its text.
constexpr char kCompareStats[] =
    "WITH expected AS (SELECT substr(created_at, 1, ?2) || ?3 AS start, " TMS_CELL
    "start, c, action_code, status, f, e), kept AS (SELECT " TMS_KEPT
    "FROM job_stats WHERE level = ?1 " TMS_NOT_ZERO ") " TMS_COMPARE;
constexpr char kCompareUserStats[] =
    "WITH expected AS (SELECT user_id, substr(created_at, 1, ?2) || ?3 AS start, " TMS_CELL
    "user_id, start, c, action_code, status, f, e), kept AS (SELECT user_id, " TMS_KEPT
    "FROM job_user_stats WHERE level = ?1 " TMS_NOT_ZERO ") " TMS_COMPARE;

struct Level {
  const char* word;
  int size;
  const char* rest;
};
constexpr Level kLevels[] = {{"HOUR", 13, ":00:00.000000Z"},
                             {"DAY", 10, "T00:00:00.000000Z"},
                             {"MONTH", 7, "-01T00:00:00.000000Z"}};

}  // namespace

absl::StatusOr<Finding> CheckCounters(sqlite::Connection& connection) {
  for (const Level& level : kLevels) {
    const auto name = [&](const char* table, const std::string& cell) {
      return std::string(table) + ", level " + level.word + ", cell " + cell +
             ": the counters are not what the jobs add up to";
    };
    const auto read = [&](const Row& row) { return name("job_stats", row.Text(0)); };
    TMS_ASSIGN_OR_RETURN(
        Finding wrong, connection.ReadOne(kCompareStats, read, level.word, level.size, level.rest));
    if (wrong.has_value()) return wrong;
    const auto read_user = [&](const Row& row) {
      return name("job_user_stats", row.Text(0) + " " + row.Text(1));
    };
    TMS_ASSIGN_OR_RETURN(wrong, connection.ReadOne(kCompareUserStats, read_user, level.word,
                                                   level.size, level.rest));
    if (wrong.has_value()) return wrong;
  }
  return std::nullopt;
}

}  // namespace tms::ledger
