// The audit history in jobs.db: what RecordAudit appends and ListAudit reads.
#include <optional>
#include <string>
#include <utility>

#include "common/base/status.h"
#include "common/base/time_text.h"
#include "services/ledger/sqlite/cids_digest.h"
#include "services/ledger/sqlite/page_collector.h"
#include "services/ledger/sqlite/sqlite_conditions.h"
#include "services/ledger/sqlite/sqlite_reads.h"
#include "services/ledger/sqlite/sqlite_rows.h"
#include "services/ledger/sqlite/sqlite_writes.h"

namespace tms::ledger {
namespace {

using sqlite::Connection;
using sqlite::Row;

constexpr char kSelectByKey[] = "SELECT number FROM audit_events WHERE record_key = ?1";
constexpr char kInsertCid[] =
    "INSERT INTO audit_cids(audit_number, position, cid) VALUES(?1, ?2, ?3)";
constexpr char kSelectCids[] =
    "SELECT cid FROM audit_cids WHERE audit_number = ?1 ORDER BY position";
constexpr char kSelectRecord[] =
    "SELECT number, occurred_at, user_id, action, target, source_ip, success, detail, "
    "error_message, elapsed_ms, record_key FROM audit_events WHERE number = ?1";

// A customer with more records than this is looked for in the records themselves, as in ListJobs.
constexpr int kRareCidRecords = 5'000;
constexpr char kCountCid[] =
    "SELECT count(*) FROM (SELECT 1 FROM audit_cids WHERE cid = ?1 LIMIT ?2)";

// ?1, ?2 the key to go on below; ?3 the earliest time; ?4 the driver's value; ?5 … ?7 conditions,
// NULL where anything matches.
#define TMS_AUDIT_HEAD                                                                    \
  "SELECT number, occurred_at, coalesce(cid_count, 0), "                                  \
  "(?5 IS NULL OR user_id IN (SELECT value FROM json_each(?5))) "                         \
  "AND (?6 IS NULL OR action IN (SELECT value FROM json_each(?6))) "                      \
  "AND (?7 IS NULL OR EXISTS(SELECT 1 FROM audit_cids WHERE cid = ?7 AND audit_number = " \
  "number)) FROM audit_events "
#define TMS_AUDIT_TAIL                                          \
  "AND (occurred_at, number) < (?1, ?2) AND occurred_at >= ?3 " \
  "ORDER BY occurred_at DESC, number DESC"
constexpr char kByTime[] =
    TMS_AUDIT_HEAD "INDEXED BY audit_events_by_time WHERE ?4 IS NULL " TMS_AUDIT_TAIL;
constexpr char kByUser[] =
    TMS_AUDIT_HEAD "INDEXED BY audit_events_by_user WHERE user_id = ?4 " TMS_AUDIT_TAIL;
constexpr char kByCid[] = TMS_AUDIT_HEAD
    "NOT INDEXED WHERE number IN (SELECT audit_number FROM audit_cids WHERE cid = "
    "?4) " TMS_AUDIT_TAIL;

// Sorts behind every time's text.
constexpr char kEndOfTime[] = "~";
// Customers of the records of one page, so that it fits into a message; a record that has more is
// alone on its page.
constexpr int64_t kMaxPageCids = 50'000;

absl::StatusOr<AuditRecord> ReadRecord(Connection& connection, int64_t number) {
  absl::Status status;
  const auto read = [&](const Row& row) {
    RowReader reader(row);
    AuditRecord record{.number = row.Int(0),
                       .occurred_at = reader.Time(1),
                       .user_id = row.Text(2),
                       .action = row.Text(3),
                       .target = row.Text(4),
                       .source_ip = row.Text(5),
                       .success = row.Int(6) != 0,
                       .detail = row.Text(7),
                       .error_message = row.OptionalText(8),
                       .elapsed = reader.OptionalMillis(9),
                       .record_key = row.Text(10)};
    status = reader.status();
    return record;
  };
  TMS_ASSIGN_OR_RETURN(std::optional<AuditRecord> record,
                       connection.ReadOne(kSelectRecord, read, number));
  TMS_RETURN_IF_ERROR(status);
  const auto take = [&](const Row& row) {
    record->customer_ids.push_back(row.Text(0));
    return true;
  };
  TMS_RETURN_IF_ERROR(connection.Visit(kSelectCids, take, number));
  return *std::move(record);
}

struct Driver {
  const char* sql = kByTime;
  std::optional<std::string> value;
};

absl::StatusOr<Driver> ChooseDriver(Connection& connection, const AuditFilter& filter) {
  if (!filter.customer_id.empty()) {
    const auto read = [](const Row& row) { return row.Int(0); };
    TMS_ASSIGN_OR_RETURN(
        const std::optional<int64_t> count,
        connection.ReadOne(kCountCid, read, filter.customer_id, kRareCidRecords + 1));
    if (count <= kRareCidRecords) return Driver{.sql = kByCid, .value = filter.customer_id};
  }
  if (filter.user_ids.size() == 1) return Driver{.sql = kByUser, .value = filter.user_ids.front()};
  return Driver{};
}

absl::Status StepThrough(Connection& connection, const AuditFilter& filter,
                         std::optional<AuditKey> after, PageCollector& page) {
  TMS_ASSIGN_OR_RETURN(const Driver driver, ChooseDriver(connection, filter));
  AuditKey upper{.occurred_at = filter.occurred_before.value_or(absl::InfiniteFuture())};
  if (after.has_value() && after->occurred_at < upper.occurred_at) upper = *after;
  const std::string upper_text =
      upper.occurred_at == absl::InfiniteFuture() ? kEndOfTime : FormatTimestamp(upper.occurred_at);
  const std::string lower_text =
      filter.occurred_after.has_value() ? FormatTimestamp(*filter.occurred_after) : "";
  const auto take = [&](const Row& row) {
    return page.Take({.number = row.Int(0),
                      .time = row.Text(1),
                      .matches = row.Int(3) != 0,
                      .cids = row.Int(2)});
  };
  return connection.Visit(driver.sql, take, upper_text, upper.number, lower_text, driver.value,
                          AnyOf(filter.user_ids), AnyOf(filter.actions),
                          NullIfEmpty(filter.customer_id));
}

}  // namespace

absl::StatusOr<AuditResult> RecordAuditRow(WriteContext& context, const AuditRecord& record) {
  Connection& connection = context.connection;
  if (!record.record_key.empty()) {
    const auto read = [](const Row& row) { return row.Int(0); };
    TMS_ASSIGN_OR_RETURN(const std::optional<int64_t> earlier,
                         connection.ReadOne(kSelectByKey, read, record.record_key));
    if (earlier.has_value()) return AuditResult{.number = *earlier, .deduplicated = true};
  }
  TMS_RETURN_IF_ERROR(AppendAudit(context, record));
  const int64_t number = connection.last_row_id();
  int64_t position = 0;
  for (const std::string& cid : record.customer_ids) {
    TMS_RETURN_IF_ERROR(connection.Run(kInsertCid, number, ++position, cid));
  }
  return AuditResult{.number = number};
}

absl::Status AppendAudit(WriteContext& context, const AuditRecord& record) {
  std::optional<sqlite::Blob> cids_digest;
  std::optional<int64_t> cid_count, elapsed_ms;
  if (!record.customer_ids.empty()) {
    cids_digest = CidsDigest(record.customer_ids);
    cid_count = std::ssize(record.customer_ids);
  }
  if (record.elapsed.has_value()) elapsed_ms = absl::ToInt64Milliseconds(*record.elapsed);
  return context.chain.Append(context.connection, AuditEventsTable(),
                              FormatTimestamp(record.occurred_at), record.user_id, record.action,
                              NullIfEmpty(record.target), NullIfEmpty(record.source_ip),
                              record.success, NullIfEmpty(record.detail), record.error_message,
                              elapsed_ms, NullIfEmpty(record.record_key), cids_digest, cid_count);
}

absl::StatusOr<AuditPage> ReadAuditPage(Connection& connection, const AuditFilter& filter,
                                        std::optional<AuditKey> after, int limit) {
  PageCollector collector(limit, kMaxPageCids);
  TMS_RETURN_IF_ERROR(StepThrough(connection, filter, after, collector));
  AuditPage page;
  for (const int64_t number : collector.matches()) {
    TMS_ASSIGN_OR_RETURN(AuditRecord record, ReadRecord(connection, number));
    page.records.push_back(std::move(record));
  }
  TMS_ASSIGN_OR_RETURN(const auto next, collector.Next("occurred_at"));
  if (next.has_value()) page.next = AuditKey{.occurred_at = next->time, .number = next->number};
  return page;
}

}  // namespace tms::ledger
