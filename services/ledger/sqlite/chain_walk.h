// Recomputes the history's hash chain over a stretch of its rows.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/sqlite/connection.h"
#include "services/ledger/sqlite/history_chain.h"

namespace tms::ledger {

// What is wrong first, or nothing.
using Finding = std::optional<std::string>;

struct ChainEnd {
  ChainHead head;  // the last good row
  Finding fault;   // names the row behind it
};

// Called with each good row, read by HistoryTable::select_sql(), and its link. What it finds is the
// fault of that row.
using OnChainRow = std::function<absl::StatusOr<Finding>(
    const HistoryTable& table, const sqlite::Row& row, const ChainHead& link)>;

// The rows behind `after` up to row number `last`, in read transactions of 10,000 rows. Errors are
// those of reading and of `on_row`, which may be empty.
absl::StatusOr<ChainEnd> WalkChain(sqlite::Connection& connection, const std::string& chain_id,
                                   ChainHead after, int64_t last, const OnChainRow& on_row);

}  // namespace tms::ledger
