// What becomes of a row of the replaced system's table `audit_log`. Pure: no database.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "services/ledger/audit_record.h"
#include "services/ledger/sqlite/legacy_job.h"

namespace tms::ledger {

enum LegacyAuditColumn : size_t {
  kAuditId,
  kAuditUserId,
  kAuditActionType,
  kAuditCustomerIds,
  kAuditTimestamp,
  kAuditIpAddress,
  kAuditStatus,
  kAuditErrorMessage,
  kAuditDurationMs,
  kAuditColumnCount,
};
inline constexpr std::array<std::string_view, kAuditColumnCount> kLegacyAuditColumnNames = {
    "id",         "user_id", "action_type",   "customer_ids", "timestamp",
    "ip_address", "status",  "error_message", "duration_ms"};

struct LegacyAuditRow {
  int64_t row_id = 0;
  std::array<LegacyValue, kAuditColumnCount> values;
  // Of columns that the system never had.
  std::vector<std::string> more_names;
  std::vector<LegacyValue> more;
};

// A row as the ledger takes it. What a record can't say as it was stands in `detail` as an SQL
// literal; what one record can't hold goes on in further ones of the same action and time.
struct ImportedAudit {
  // At least one. Their `record_key`s are made of the row's content: the same row has them again.
  std::vector<AuditRecord> records;
  // What was odd, a line for each column: "status: not understood".
  std::vector<std::string> oddities;
  // A local time that the clock showed twice; taken as the first.
  bool ambiguous_time = false;
};

// `zone` is that of local times. `fallback` stands in for a time that is not understood: that of
// the row before, since rows were written in order.
ImportedAudit ConvertLegacyAudit(const LegacyAuditRow& row, const absl::TimeZone& zone,
                                 absl::Time fallback);

// Whether it can't be told what time this `timestamp` means without knowing the zone: the system
// wrote `2026-01-31 12:17:04` in UTC, `2026-01-31T12:17:04` by the clock on its wall.
bool NeedsZone(const LegacyValue& timestamp);

}  // namespace tms::ledger
