// Reading the counters that sqlite_stats.cc writes.
#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "common/base/status.h"
#include "common/base/time_text.h"
#include "services/ledger/sqlite/request_payload.h"
#include "services/ledger/sqlite/sqlite_conditions.h"
#include "services/ledger/sqlite/sqlite_rows.h"
#include "services/ledger/sqlite/sqlite_stats.h"
#include "services/ledger/sqlite/stats_ranges.h"

namespace tms::ledger {
namespace {

using sqlite::Connection;
using sqlite::Row;

#define TMS_STATS_GROUPS                                                                      \
  "SELECT CASE WHEN ?1 THEN bucket_start END, CASE WHEN ?2 THEN status END, "                 \
  "CASE WHEN ?3 THEN failure_reason END, CASE WHEN ?4 THEN effect END, "                      \
  "CASE WHEN ?5 THEN cluster END, CASE WHEN ?6 THEN action_code END, "                        \
  "sum(job_count), sum(timed_job_count), sum(elapsed_ms_sum), sum(le_100ms), sum(le_250ms), " \
  "sum(le_500ms), sum(le_1s), sum(le_2500ms), sum(le_5s), sum(le_10s), sum(le_15s), "         \
  "sum(le_20s), sum(le_30s), sum(le_60s), sum(le_120s), sum(longer), "
#define TMS_STATS_CONDITIONS                                                   \
  "AND bucket_start >= ?8 AND bucket_start < ?9 "                              \
  "AND (?10 IS NULL OR cluster IN (SELECT value FROM json_each(?10))) "        \
  "AND (?11 IS NULL OR action_code IN (SELECT value FROM json_each(?11))) "    \
  "AND (?12 IS NULL OR status IN (SELECT value FROM json_each(?12))) "         \
  "AND (?13 IS NULL OR failure_reason IN (SELECT value FROM json_each(?13))) " \
  "AND (?14 IS NULL OR effect IN (SELECT value FROM json_each(?14))) "         \
  "GROUP BY 1, 2, 3, 4, 5, 6, 23 HAVING sum(job_count) <> 0 LIMIT ?15"

constexpr char kReadAllUsers[] =
    TMS_STATS_GROUPS "NULL FROM job_stats WHERE level = ?7 " TMS_STATS_CONDITIONS;
constexpr char kReadUsers[] = TMS_STATS_GROUPS
    "CASE WHEN ?16 THEN user_id END FROM job_user_stats "
    "WHERE level = ?7 AND user_id IN (SELECT value FROM json_each(?17)) " TMS_STATS_CONDITIONS;
constexpr char kNextUser[] =
    "SELECT user_id FROM job_user_stats WHERE level = 'MONTH' AND user_id > ?1 "
    "ORDER BY user_id LIMIT 1";
constexpr char kOpenJobs[] =
    "SELECT created_at, user_id, cluster, action_code FROM jobs INDEXED BY jobs_in_progress "
    "WHERE status = 'IN_PROGRESS'";

constexpr int kFirstCell = 9;
constexpr int kUserColumn = 22;

template <typename T>
bool Matches(const std::vector<T>& wanted, const T& value) {
  return wanted.empty() || std::ranges::find(wanted, value) != wanted.end();
}

std::string_view LevelOf(StatsBucket bucket) {
  return bucket == StatsBucket::kMonth ? "MONTH" : bucket == StatsBucket::kDay ? "DAY" : "HOUR";
}

// The ends of a range as text: before and behind every time's text where they are infinite.
std::string BoundText(absl::Time time) {
  if (time == absl::InfinitePast()) return "";
  if (time == absl::InfiniteFuture()) return "~";
  return FormatTimestamp(time);
}

// One GetStats: adds up groups from the counters and from the jobs in progress.
class StatsReader {
 public:
  StatsReader(Connection& connection, const StatsQuery& query, int limit)
      : connection_(connection), query_(query), limit_(limit) {}

  absl::StatusOr<std::vector<StatsRow>> Read();

 private:
  // The values of the query's dimensions, in its order.
  using GroupKey = std::vector<std::variant<int64_t, absl::Time, std::string>>;

  bool Keeps(StatsDimension dimension) const {
    return std::ranges::find(query_.group_by, dimension) != query_.group_by.end();
  }
  bool NeedsUsers() const { return Keeps(StatsDimension::kUser) || !query_.user_ids.empty(); }
  absl::StatusOr<std::string> WantedUsers();
  template <typename... More>
  absl::Status ReadGroups(const char* sql, const StatsRange& range, const More&... more);
  absl::Status ReadOpenJobs();
  absl::Status AddGroup(const Row& row);
  absl::Status AddOpenJob(const Row& row);
  StatsRow& GroupOf(StatsRow&& dimensions);

  Connection& connection_;
  const StatsQuery& query_;
  const int limit_;
  std::map<GroupKey, StatsRow> groups_;
};

absl::StatusOr<std::vector<StatsRow>> StatsReader::Read() {
  std::string users;
  if (NeedsUsers()) {
    TMS_ASSIGN_OR_RETURN(users, WantedUsers());
  }
  for (const StatsRange& range : CoverRange(query_)) {
    TMS_RETURN_IF_ERROR(NeedsUsers()
                            ? ReadGroups(kReadUsers, range, Keeps(StatsDimension::kUser), users)
                            : ReadGroups(kReadAllUsers, range));
  }
  TMS_RETURN_IF_ERROR(ReadOpenJobs());
  if (groups_.size() > static_cast<size_t>(limit_)) {
    return MakeStatus(absl::StatusCode::kResourceExhausted, "TOO_MANY_ROWS",
                      "the answer has more than " + std::to_string(limit_) + " rows");
  }
  std::vector<StatsRow> rows;
  for (auto& [key, row] : groups_) rows.push_back(std::move(row));
  return rows;
}

// Without a condition on users: every user there is, so that the index is used for their times.
absl::StatusOr<std::string> StatsReader::WantedUsers() {
  if (!query_.user_ids.empty()) return JsonArray(query_.user_ids);
  std::vector<std::string> users;
  std::optional<std::string> user = "";
  while (true) {
    const auto read = [](const Row& row) { return row.Text(0); };
    TMS_ASSIGN_OR_RETURN(user, connection_.ReadOne(kNextUser, read, *user));
    if (!user.has_value()) return JsonArray(users);
    users.push_back(*user);
  }
}

template <typename... More>
absl::Status StatsReader::ReadGroups(const char* sql, const StatsRange& range,
                                     const More&... more) {
  absl::Status status;
  const auto add = [&](const Row& row) {
    status = AddGroup(row);
    return status.ok();
  };
  TMS_RETURN_IF_ERROR(
      connection_.Visit(sql, add, Keeps(StatsDimension::kTime), Keeps(StatsDimension::kStatus),
                        Keeps(StatsDimension::kFailureReason), Keeps(StatsDimension::kEffect),
                        Keeps(StatsDimension::kCluster), Keeps(StatsDimension::kAction),
                        LevelOf(range.bucket), BoundText(range.begin), BoundText(range.end),
                        AnyOf(query_.clusters), AnyOf(query_.action_codes), AnyOf(query_.statuses),
                        AnyOf(query_.failure_reasons), AnyOf(query_.effects), limit_ + 1, more...));
  return status;
}

absl::Status StatsReader::AddGroup(const Row& row) {
  RowReader reader(row);
  StatsRow dimensions;
  if (Keeps(StatsDimension::kTime)) dimensions.bucket_start = reader.Time(0);
  if (Keeps(StatsDimension::kStatus)) dimensions.status = reader.Word(1, JobStatusFromWord);
  if (Keeps(StatsDimension::kFailureReason)) {
    dimensions.failure_reason = reader.Word(2, FailureReasonFromWord);
  }
  if (Keeps(StatsDimension::kEffect)) dimensions.effect = reader.Word(3, EffectFromWord);
  if (Keeps(StatsDimension::kCluster)) dimensions.cluster = row.Text(4);
  if (Keeps(StatsDimension::kAction)) dimensions.action_code = static_cast<int>(row.Int(5));
  if (Keeps(StatsDimension::kUser)) dimensions.user_id = row.Text(kUserColumn);
  TMS_RETURN_IF_ERROR(reader.status());
  StatsRow& group = GroupOf(std::move(dimensions));
  group.job_count += row.Int(6);
  group.timed_job_count += row.Int(7);
  group.duration_sum += absl::Milliseconds(row.Int(8));
  for (size_t i = 0; i < kDurationCells; ++i) {
    group.duration_counts[i] += row.Int(kFirstCell + static_cast<int>(i));
  }
  return absl::OkStatus();
}

absl::Status StatsReader::ReadOpenJobs() {
  if (!Matches(query_.statuses, JobStatus::kInProgress) ||
      !Matches(query_.failure_reasons, FailureReason::kNone) ||
      !Matches(query_.effects, Effect::kUnspecified)) {
    return absl::OkStatus();
  }
  absl::Status status;
  const auto add = [&](const Row& row) {
    status = AddOpenJob(row);
    return status.ok();
  };
  TMS_RETURN_IF_ERROR(connection_.Visit(kOpenJobs, add));
  return status;
}

absl::Status StatsReader::AddOpenJob(const Row& row) {
  RowReader reader(row);
  const absl::Time start = BucketStart(reader.Time(0), query_.bucket);
  TMS_RETURN_IF_ERROR(reader.status());
  const bool early =
      query_.created_after.has_value() && start < BucketStart(*query_.created_after, query_.bucket);
  const bool late = query_.created_before.has_value() && start >= *query_.created_before;
  const std::string user_id = row.Text(1);
  const std::string cluster = row.Text(2);
  const int action_code = static_cast<int>(row.Int(3));
  if (early || late || !Matches(query_.user_ids, user_id) || !Matches(query_.clusters, cluster) ||
      !Matches(query_.action_codes, action_code)) {
    return absl::OkStatus();
  }
  StatsRow dimensions;
  if (Keeps(StatsDimension::kTime)) dimensions.bucket_start = start;
  if (Keeps(StatsDimension::kStatus)) dimensions.status = JobStatus::kInProgress;
  if (Keeps(StatsDimension::kFailureReason)) dimensions.failure_reason = FailureReason::kNone;
  if (Keeps(StatsDimension::kEffect)) dimensions.effect = Effect::kUnspecified;
  if (Keeps(StatsDimension::kCluster)) dimensions.cluster = cluster;
  if (Keeps(StatsDimension::kAction)) dimensions.action_code = action_code;
  if (Keeps(StatsDimension::kUser)) dimensions.user_id = user_id;
  ++GroupOf(std::move(dimensions)).job_count;
  return absl::OkStatus();
}

// The group with these dimensions, empty if it is a new one.
StatsRow& StatsReader::GroupOf(StatsRow&& dimensions) {
  const auto part = [&](StatsDimension dimension) -> GroupKey::value_type {
    switch (dimension) {
      case StatsDimension::kStatus:
        return static_cast<int64_t>(*dimensions.status);
      case StatsDimension::kFailureReason:
        return static_cast<int64_t>(*dimensions.failure_reason);
      case StatsDimension::kEffect:
        return static_cast<int64_t>(*dimensions.effect);
      case StatsDimension::kCluster:
        return *dimensions.cluster;
      case StatsDimension::kAction:
        return int64_t{*dimensions.action_code};
      case StatsDimension::kUser:
        return *dimensions.user_id;
      case StatsDimension::kTime:
        return *dimensions.bucket_start;
    }
    return int64_t{0};
  };
  GroupKey key;
  for (const StatsDimension dimension : query_.group_by) key.push_back(part(dimension));
  dimensions.duration_counts.resize(kDurationCells);
  return groups_.try_emplace(std::move(key), std::move(dimensions)).first->second;
}

}  // namespace

absl::StatusOr<std::vector<StatsRow>> ReadStats(Connection& connection, const StatsQuery& query,
                                                int limit) {
  return StatsReader(connection, query, limit).Read();
}

}  // namespace tms::ledger
