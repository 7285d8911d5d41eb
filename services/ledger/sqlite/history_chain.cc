#include "services/ledger/sqlite/history_chain.h"

#include "common/base/ids.h"
#include "common/base/status.h"

namespace tms::ledger {
namespace {

using sqlite::Row;
using sqlite::Value;
using sqlite::ValueType;

constexpr char kSelectHead[] =
    "SELECT number, hash FROM (SELECT number, hash FROM job_events ORDER BY number DESC LIMIT 1) "
    "UNION ALL SELECT number, hash FROM "
    "(SELECT number, hash FROM audit_events ORDER BY number DESC LIMIT 1) "
    "ORDER BY number DESC LIMIT 1";
constexpr char kSelectLink[] =
    "SELECT number, hash FROM job_events WHERE number = ?1 "
    "UNION ALL SELECT number, hash FROM audit_events WHERE number = ?1";
constexpr char kSelectChainId[] = "SELECT value FROM ledger_meta WHERE key = 'chain_id'";

constexpr std::string_view kLinkColumnNames = "number, salt, salted_digest, hash";

ChainHead ReadHead(const Row& row) { return {.number = row.Int(0), .hash = row.Text(1)}; }

std::string Join(const std::vector<std::string>& columns) {
  std::string text(kLinkColumnNames);
  for (const std::string& column : columns) text += ", " + column;
  return text;
}

std::string InsertSql(const std::string& table, const std::vector<std::string>& columns) {
  std::string sql = "INSERT INTO " + table + "(" + Join(columns) + ") VALUES(?1, ?2, ?3, ?4";
  for (size_t i = 0; i < columns.size(); ++i) sql += ", ?" + std::to_string(5 + i);
  return sql + ")";
}

}  // namespace

HistoryTable::HistoryTable(std::string name, std::vector<std::string> columns)
    : name_(std::move(name)),
      columns_(std::move(columns)),
      insert_sql_(InsertSql(name_, columns_)),
      select_sql_("SELECT " + Join(columns_) + " FROM " + name_ +
                  " WHERE number > ?1 ORDER BY number LIMIT ?2") {}

const HistoryTable& JobEventsTable() {
  static const HistoryTable table(
      "job_events",
      {"job_id",         "earlier_job_id", "kind",           "event_seq",   "occurred_at",
       "recorded_at",    "actor",          "incarnation",    "verdict",     "detail",
       "status",         "http_status",    "failure_reason", "effect",      "error_message",
       "outcome_source", "conflict",       "content_digest", "cids_digest", "cid_count"});
  return table;
}

const HistoryTable& AuditEventsTable() {
  static const HistoryTable table(
      "audit_events",
      {"occurred_at", "user_id", "action", "target", "source_ip", "success", "detail",
       "error_message", "elapsed_ms", "record_key", "cids_digest", "cid_count"});
  return table;
}

void ContentEncoder::Add(std::string_view column, ValueType type, int64_t number,
                         std::string_view bytes) {
  switch (type) {
    case ValueType::kNull:
      return;
    case ValueType::kInteger:
      parts_.Add(column).Add("i").Add(number);
      return;
    case ValueType::kText:
      parts_.Add(column).Add("t").Add(bytes);
      return;
    case ValueType::kBlob:
      parts_.Add(column).Add("b").Add(bytes);
      return;
  }
}

std::string EncodeContent(const HistoryTable& table, const Row& row) {
  ContentEncoder content(table.name());
  int column = 4;
  for (const std::string& name : table.columns()) {
    const ValueType type = row.Type(column);
    if (type == ValueType::kInteger) {
      content.Add(name, type, row.Int(column), "");
    } else {
      content.Add(name, type, 0, row.Text(column));
    }
    ++column;
  }
  return content.bytes();
}

absl::StatusOr<ChainHead> ReadChainHead(sqlite::Connection& connection) {
  TMS_ASSIGN_OR_RETURN(std::optional<ChainHead> head, connection.ReadOne(kSelectHead, ReadHead));
  return std::move(head).value_or(ChainHead{});
}

absl::StatusOr<std::optional<ChainHead>> ReadLink(sqlite::Connection& connection, int64_t number) {
  if (number == 0) return ChainHead{};
  return connection.ReadOne(kSelectLink, ReadHead, number);
}

std::string SaltedDigest(std::string_view salt, std::string_view content) {
  std::string bytes(salt);
  bytes += content;
  return Sha256(bytes);
}

std::string LinkHash(std::string_view chain_id, int64_t number, std::string_view previous_hash,
                     std::string_view salted_digest) {
  PartsEncoder parts;
  parts.Add(chain_id).Add(number).Add(previous_hash).Add(salted_digest);
  return Sha256(parts.bytes());
}

ChainLink MakeLink(std::string_view chain_id, const ChainHead& previous, std::string_view content) {
  ChainLink link{.number = previous.number + 1, .salt = {RandomBytes(kSaltBytes)}};
  link.salted_digest.bytes = SaltedDigest(link.salt.bytes, content);
  link.hash.bytes = LinkHash(chain_id, link.number, previous.hash, link.salted_digest.bytes);
  return link;
}

absl::StatusOr<std::string> ReadChainId(sqlite::Connection& connection) {
  const auto read = [](const Row& row) { return row.Text(0); };
  TMS_ASSIGN_OR_RETURN(std::optional<std::string> id, connection.ReadOne(kSelectChainId, read));
  if (!id.has_value() || id->empty()) {
    return MakeStatus(absl::StatusCode::kDataLoss, "DATABASE_DAMAGED",
                      "the database has lost the name of its history's chain");
  }
  return *std::move(id);
}

absl::Status HistoryChain::AppendRow(sqlite::Connection& connection, const HistoryTable& table,
                                     std::span<Value> values) {
  if (values.size() != kLinkColumns + table.columns().size()) {
    return MakeStatus(absl::StatusCode::kInternal, "a value for each column of " + table.name());
  }
  if (!head_.has_value()) {
    TMS_ASSIGN_OR_RETURN(head_, ReadChainHead(connection));
  }
  ContentEncoder content(table.name());
  for (size_t i = 0; i < table.columns().size(); ++i) {
    const Value& value = values[kLinkColumns + i];
    content.Add(table.columns()[i], value.type(), value.number(), value.bytes());
  }
  ChainLink link = MakeLink(chain_id_, *head_, content.bytes());
  values[0] = Value(link.number);
  values[1] = Value(link.salt);
  values[2] = Value(link.salted_digest);
  values[3] = Value(link.hash);
  TMS_RETURN_IF_ERROR(connection.RunWith(table.insert_sql(), values));
  head_ = ChainHead{.number = link.number, .hash = std::move(link.hash.bytes)};
  return absl::OkStatus();
}

}  // namespace tms::ledger
