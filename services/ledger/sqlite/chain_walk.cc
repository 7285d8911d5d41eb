#include "services/ledger/sqlite/chain_walk.h"

#include <utility>

#include "common/base/status.h"

namespace tms::ledger {
namespace {

using sqlite::Row;

// Rows read in one read transaction: about 50 ms, so the write-ahead log can begin anew between.
constexpr int64_t kBatch = 10'000;

// Columns of HistoryTable::select_sql().
constexpr int kNumber = 0;
constexpr int kSalt = 1;
constexpr int kSaltedDigest = 2;
constexpr int kHash = 3;

class Walker {
 public:
  Walker(sqlite::Connection& connection, const std::string& chain_id, ChainHead after, int64_t last,
         const OnChainRow& on_row)
      : connection_(connection),
        chain_id_(chain_id),
        last_(last),
        on_row_(on_row),
        end_{.head = std::move(after)} {}

  absl::StatusOr<ChainEnd> Run() {
    for (int64_t before = -1; before != end_.head.number && !end_.fault;) {
      before = end_.head.number;
      TMS_RETURN_IF_ERROR(Follow(JobEventsTable()));
      if (!end_.fault) TMS_RETURN_IF_ERROR(Follow(AuditEventsTable()));
    }
    if (!end_.fault && end_.head.number < last_) {
      end_.fault = "row " + std::to_string(end_.head.number + 1) + ": it is missing";
    }
    return std::move(end_);
  }

 private:
  // Through one table as far as the chain goes without leaving it, at most kBatch rows.
  absl::Status Follow(const HistoryTable& table) {
    if (end_.head.number >= last_) return absl::OkStatus();
    const auto take = [&](const Row& row) { return Take(table, row); };
    TMS_RETURN_IF_ERROR(connection_.Visit(table.select_sql(), take, end_.head.number, kBatch));
    return status_;
  }

  bool Take(const HistoryTable& table, const Row& row) {
    const int64_t number = row.Int(kNumber);
    if (number != end_.head.number + 1 || number > last_) return false;
    ChainHead link{.number = number};
    absl::StatusOr<Finding> found = Judge(table, row, link);
    if (found.ok() && !found->has_value() && on_row_) found = on_row_(table, row, link);
    if (!found.ok()) {
      status_ = found.status();
      return false;
    }
    if (found->has_value()) {
      end_.fault = "row " + std::to_string(number) + " (" + table.name() + "): " + **found;
      return false;
    }
    end_.head = std::move(link);
    return true;
  }

  // Also completes the row's link.
  Finding Judge(const HistoryTable& table, const Row& row, ChainHead& link) const {
    if (row.IsNull(kSalt) || row.IsNull(kSaltedDigest) || row.IsNull(kHash)) {
      return "it is not chained";
    }
    const std::string digest = SaltedDigest(row.Text(kSalt), EncodeContent(table, row));
    if (row.Text(kSaltedDigest) != digest) return "its content is not what was written";
    link.hash = LinkHash(chain_id_, link.number, end_.head.hash, digest);
    if (row.Text(kHash) != link.hash) return "its hash does not follow from the row before it";
    return std::nullopt;
  }

  sqlite::Connection& connection_;
  const std::string& chain_id_;
  const int64_t last_;
  const OnChainRow& on_row_;
  ChainEnd end_;
  absl::Status status_;
};

}  // namespace

absl::StatusOr<ChainEnd> WalkChain(sqlite::Connection& connection, const std::string& chain_id,
                                   ChainHead after, int64_t last, const OnChainRow& on_row) {
  return Walker(connection, chain_id, std::move(after), last, on_row).Run();
}

}  // namespace tms::ledger
