// What becomes of a row of the replaced system's table `jobs`. Pure: no database.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "common/sqlite/connection.h"
#include "services/ledger/job.h"

namespace tms::ledger {

// The columns that we know, in the order of LegacyJob::values; the first ten are of every
// generation.
enum LegacyColumn {
  kLegacyJobId,
  kLegacyUserId,
  kLegacyBatchId,
  kLegacyActionCode,
  kLegacyActionName,
  kLegacyClusterUrl,
  kLegacyCreatedAt,
  kLegacyRequestPayload,
  kLegacyResponseSummary,
  kLegacyStatus,
  kLegacyHttpStatus,
  kLegacyErrorMessage,
  kLegacyUpdatedAt,
  kLegacyColumnCount,
};
inline constexpr std::array<std::string_view, kLegacyColumnCount> kLegacyColumnNames = {
    "job_id",      "user_id",       "batch_id",        "action_code",      "action_name",
    "cluster_url", "created_at",    "request_payload", "response_summary", "status",
    "http_status", "error_message", "updated_at"};
inline constexpr int kLegacyFirstOptionalColumn = kLegacyHttpStatus;

// A value as SQLite holds it; any column may hold any type there.
struct LegacyValue {
  sqlite::ValueType type = sqlite::ValueType::kNull;
  int64_t number = 0;
  std::string text;  // also of a number; of a BLOB its bytes
};
// As an SQL literal: `NULL`, `12`, `'it''s'`, `X'00FF'`.
std::string ToLiteral(const LegacyValue& value);

struct LegacyJob {
  int64_t row_id = 0;
  std::array<LegacyValue, kLegacyColumnCount> values;
  std::vector<LegacyValue> more;  // of columns that no generation has, see LegacySource
};

// Something in a row that our columns can't say as it was. The original value is kept beside them.
struct Oddity {
  LegacyColumn column;
  std::string_view what;  // a constant, to count by
};

struct MigratedJob {
  // `number`, `customer_count` and, where the row has none, `job_id` are left to the writer.
  Job job;
  std::optional<std::string> batch_id;
  std::optional<std::string> cluster_url;
  std::optional<std::string> request_payload;
  std::vector<Oddity> oddities;
  // Counted, but nothing is lost: local times that were shown twice.
  bool ambiguous_time = false;
};

// `zone` is that of local times. `fallback` stands in for a time of creation that is not
// understood: that of the row before, since rows were written in order.
MigratedJob ConvertLegacyJob(const LegacyJob& legacy, const absl::TimeZone& zone,
                             absl::Time fallback);

// Text out of any value: other types and bytes that are not UTF-8 are made text, `exact` says
// whether it is still the same.
struct LegacyText {
  std::string text;
  bool exact = true;
};
LegacyText ToText(const LegacyValue& value);

// SHA-256 over the whole row as it was, each column with name and type.
std::string DigestOf(const LegacyJob& legacy);

}  // namespace tms::ledger
