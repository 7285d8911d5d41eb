#include <string>

#include "common/base/status.h"
#include "common/base/text.h"
#include "services/ledger/offline/history_verifier.h"
#include "services/ledger/offline/open_history.h"
#include "services/ledger/sqlite/history_chain.h"
#include "services/ledger/sqlite/request_payload.h"

namespace tms::ledger {
namespace {

using sqlite::Connection;
using sqlite::Row;
using sqlite::ValueType;

// Rows read in one read transaction.
constexpr int64_t kBatch = 1'000;

std::string JsonText(const std::string& text) { return JsonArray({&text, 1}); }

// `["job_id", "t", "…"]`
std::string Cell(const std::string& name, const Row& row, int column) {
  const std::string head = "[\"" + name + "\",";
  switch (row.Type(column)) {
    case ValueType::kInteger:
      return head + "\"i\"," + std::to_string(row.Int(column)) + "]";
    case ValueType::kBlob:
      return head + "\"b\",\"" + HexEncode(row.Text(column)) + "\"]";
    default: {
      const std::string json = JsonText(row.Text(column));
      return head + "\"t\"," + json.substr(1, json.size() - 2) + "]";
    }
  }
}

std::string Line(const HistoryTable& table, const Row& row) {
  std::string line = "{\"number\":" + std::to_string(row.Int(0)) + ",\"table\":\"" + table.name() +
                     "\",\"salt\":\"" + HexEncode(row.Text(1)) + "\",\"salted_digest\":\"" +
                     HexEncode(row.Text(2)) + "\",\"hash\":\"" + HexEncode(row.Text(3)) +
                     "\",\"content\":[";
  int column = 4;
  bool first = true;
  for (const std::string& name : table.columns()) {
    if (!row.IsNull(column)) {
      line += (first ? "" : ",") + Cell(name, row, column);
      first = false;
    }
    ++column;
  }
  return line + "]}";
}

// Follows `table` as far as the numbers go on without a gap; `last` is the last row's.
absl::Status Follow(Connection& connection, const HistoryTable& table, int64_t& last,
                    const std::function<bool(const std::string&)>& write) {
  bool going = true;
  const auto take = [&](const Row& row) {
    if (row.Int(0) != last + 1) return false;
    going = write(Line(table, row));
    if (going) last = row.Int(0);
    return going;
  };
  TMS_RETURN_IF_ERROR(connection.Visit(table.select_sql(), take, last, kBatch));
  if (!going) return MakeStatus(absl::StatusCode::kCancelled, "the reader has gone");
  return absl::OkStatus();
}

}  // namespace

absl::Status ExportHistory(const std::string& db, int64_t after_number,
                           const std::function<bool(const std::string& line)>& write) {
  TMS_ASSIGN_OR_RETURN(const auto connection, OpenHistory(db));
  TMS_ASSIGN_OR_RETURN(const std::string chain_id, ReadChainId(*connection));
  TMS_ASSIGN_OR_RETURN(const ChainHead head, ReadChainHead(*connection));
  if (!write("{\"chain_id\":\"" + chain_id + "\"}")) {
    return MakeStatus(absl::StatusCode::kCancelled, "the reader has gone");
  }
  for (int64_t last = after_number; last < head.number;) {
    const int64_t before = last;
    TMS_RETURN_IF_ERROR(Follow(*connection, JobEventsTable(), last, write));
    TMS_RETURN_IF_ERROR(Follow(*connection, AuditEventsTable(), last, write));
    if (last == before) {
      return MakeStatus(absl::StatusCode::kDataLoss,
                        "row " + std::to_string(last + 1) + " is missing");
    }
  }
  return absl::OkStatus();
}

}  // namespace tms::ledger
