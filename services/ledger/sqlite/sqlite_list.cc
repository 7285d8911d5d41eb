// ListJobs: steps through one index, checks each row, stops at the page's end or at the bound.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/base/time_text.h"
#include "services/ledger/sqlite/page_collector.h"
#include "services/ledger/sqlite/sqlite_conditions.h"
#include "services/ledger/sqlite/sqlite_reads.h"
#include "services/ledger/sqlite/sqlite_rows.h"

namespace tms::ledger {
namespace {

using sqlite::Connection;
using sqlite::Row;

// A cid with more jobs than this is looked for in the jobs themselves: it is then frequent enough
// to be met soon, and its jobs are too many to be sorted for each page.
constexpr int kRareCidJobs = 5'000;

constexpr char kCountCid[] =
    "SELECT count(*) FROM (SELECT 1 FROM job_cids WHERE cid = ?1 LIMIT ?2)";

// ?1, ?2 the key to go on behind; ?3 the driver's value; ?4 the other end's time; ?5 … ?14
// conditions, NULL where anything matches.
#define TMS_LIST_HEAD                                                                            \
  "SELECT number, created_at, "                                                                  \
  "(?5 IS NULL OR user_id IN (SELECT value FROM json_each(?5))) "                                \
  "AND (?6 IS NULL OR status IN (SELECT value FROM json_each(?6))) "                             \
  "AND (?7 IS NULL OR coalesce(failure_reason, '') IN (SELECT value FROM json_each(?7))) "       \
  "AND (?8 IS NULL OR coalesce(effect, '') IN (SELECT value FROM json_each(?8))) "               \
  "AND (?9 IS NULL OR action_code IN (SELECT value FROM json_each(?9))) "                        \
  "AND (?10 IS NULL OR cluster IN (SELECT value FROM json_each(?10))) "                          \
  "AND (?11 IS NULL OR batch_id IS ?11) AND (?12 IS NULL OR request_id IS ?12) "                 \
  "AND (?13 IS NULL OR http_status IS ?13) "                                                     \
  "AND (?14 IS NULL OR EXISTS(SELECT 1 FROM job_cids WHERE cid = ?14 AND job_number = number)) " \
  "FROM jobs "
#define TMS_NEWEST_FIRST                                      \
  "AND (created_at, number) < (?1, ?2) AND created_at >= ?4 " \
  "ORDER BY created_at DESC, number DESC"
#define TMS_OLDEST_FIRST \
  "AND (created_at, number) > (?1, ?2) AND created_at < ?4 ORDER BY created_at, number"

// One way through the jobs, in each JobOrder.
struct Statements {
  const char* newest_first;
  const char* oldest_first;
};
#define TMS_STATEMENTS(way) \
  { TMS_LIST_HEAD way TMS_NEWEST_FIRST, TMS_LIST_HEAD way TMS_OLDEST_FIRST }

constexpr Statements kByRequestId =
    TMS_STATEMENTS("INDEXED BY jobs_by_request WHERE request_id = ?3 ");
constexpr Statements kByBatch = TMS_STATEMENTS("INDEXED BY jobs_by_batch WHERE batch_id = ?3 ");
constexpr Statements kByCid =
    TMS_STATEMENTS("NOT INDEXED WHERE number IN (SELECT job_number FROM job_cids WHERE cid = ?3) ");
constexpr Statements kInProgress =
    TMS_STATEMENTS("INDEXED BY jobs_in_progress WHERE status = 'IN_PROGRESS' ");
constexpr Statements kEffectUnknown =
    TMS_STATEMENTS("INDEXED BY jobs_effect_unknown WHERE effect = 'UNKNOWN' ");
constexpr Statements kByHttpError =
    TMS_STATEMENTS("INDEXED BY jobs_http_error WHERE http_status = ?3 AND http_status >= 300 ");
constexpr Statements kByUser = TMS_STATEMENTS("INDEXED BY jobs_by_user WHERE user_id = ?3 ");
constexpr Statements kFailed = TMS_STATEMENTS("INDEXED BY jobs_failed WHERE status = 'FAILED' ");
constexpr Statements kByCluster = TMS_STATEMENTS("INDEXED BY jobs_by_cluster WHERE cluster = ?3 ");
constexpr Statements kByCreated = TMS_STATEMENTS("INDEXED BY jobs_by_created WHERE true ");

// Columns of the statements above.
constexpr int kNumber = 0;
constexpr int kCreatedAt = 1;
constexpr int kMatches = 2;

// Sorts behind every time's text.
constexpr char kEndOfTime[] = "~";

const Statements& StatementsOf(ListDriver driver) {
  switch (driver) {
    case ListDriver::kRequestId:
      return kByRequestId;
    case ListDriver::kBatch:
      return kByBatch;
    case ListDriver::kCid:
      return kByCid;
    case ListDriver::kInProgress:
      return kInProgress;
    case ListDriver::kEffectUnknown:
      return kEffectUnknown;
    case ListDriver::kHttpError:
      return kByHttpError;
    case ListDriver::kUser:
      return kByUser;
    case ListDriver::kFailed:
      return kFailed;
    case ListDriver::kCluster:
      return kByCluster;
    case ListDriver::kCreated:
      break;
  }
  return kByCreated;
}

absl::StatusOr<bool> IsRare(Connection& connection, const std::string& cid) {
  if (cid.empty()) return false;
  const auto read = [](const Row& row) { return row.Int(0); };
  TMS_ASSIGN_OR_RETURN(const std::optional<int64_t> count,
                       connection.ReadOne(kCountCid, read, cid, kRareCidJobs + 1));
  return count <= kRareCidJobs;
}

std::optional<std::string> DriverText(ListDriver driver, const JobFilter& filter) {
  switch (driver) {
    case ListDriver::kRequestId:
      return filter.request_id;
    case ListDriver::kBatch:
      return filter.batch_id;
    case ListDriver::kCid:
      return filter.cid;
    case ListDriver::kUser:
      return filter.user_ids.front();
    case ListDriver::kCluster:
      return filter.clusters.front();
    default:
      return std::nullopt;
  }
}

// The page's rows lie behind `from`, and before `to`: of the newest first it is the earliest time
// that is wanted, of the oldest first the time that is not wanted any more. Both as texts.
struct Range {
  std::string from_time;
  int64_t from_number = 0;
  std::string to_time;
};

Range RangeOf(const JobFilter& filter, JobOrder order, const std::optional<JobKey>& after) {
  const bool newest_first = order == JobOrder::kNewestFirst;
  const std::string earliest = filter.created_after ? FormatTimestamp(*filter.created_after) : "";
  const std::string end =
      filter.created_before ? FormatTimestamp(*filter.created_before) : kEndOfTime;
  Range range{.from_time = newest_first ? end : earliest, .to_time = newest_first ? earliest : end};
  if (!after) return range;
  const std::string place = FormatTimestamp(after->created_at);
  if (newest_first ? place < range.from_time : place >= range.from_time) {
    range.from_time = place;
    range.from_number = after->number;
  }
  return range;
}

absl::Status StepThrough(Connection& connection, const JobFilter& filter, JobOrder order,
                         const Range& range, PageCollector& page) {
  TMS_ASSIGN_OR_RETURN(const bool cid_is_rare, IsRare(connection, filter.cid));
  const ListDriver driver = PlanList(filter, cid_is_rare);
  const std::optional<std::string> driver_text = DriverText(driver, filter);
  const sqlite::Value driver_value = driver == ListDriver::kHttpError
                                         ? sqlite::Value(*filter.http_status)
                                         : sqlite::Value(driver_text);
  const auto if_given = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
  };
  const auto take = [&](const Row& row) {
    return page.Take({.number = row.Int(kNumber),
                      .time = row.Text(kCreatedAt),
                      .matches = row.Int(kMatches) != 0});
  };
  return connection.Visit(ListStatement(driver, order), take, range.from_time, range.from_number,
                          driver_value, range.to_time, AnyOf(filter.user_ids),
                          AnyOf(filter.statuses), AnyOf(filter.failure_reasons),
                          AnyOf(filter.effects), AnyOf(filter.action_codes), AnyOf(filter.clusters),
                          if_given(filter.batch_id), if_given(filter.request_id),
                          filter.http_status, if_given(filter.cid));
}

}  // namespace

const char* ListStatement(ListDriver driver, JobOrder order) {
  const Statements& statements = StatementsOf(driver);
  return order == JobOrder::kNewestFirst ? statements.newest_first : statements.oldest_first;
}

absl::StatusOr<JobPage> ReadJobPage(Connection& connection, const JobFilter& filter, JobOrder order,
                                    std::optional<JobKey> after, int limit) {
  PageCollector collector(limit);
  const Range range = RangeOf(filter, order, after);
  TMS_RETURN_IF_ERROR(StepThrough(connection, filter, order, range, collector));
  JobPage page;
  for (const int64_t number : collector.matches()) {
    TMS_ASSIGN_OR_RETURN(std::optional<Job> job, FindJobByNumber(connection, number));
    page.jobs.push_back(*std::move(job));
  }
  TMS_ASSIGN_OR_RETURN(const auto next, collector.Next("created_at"));
  if (next.has_value()) page.next = JobKey{.created_at = next->time, .number = next->number};
  return page;
}

}  // namespace tms::ledger
