#include <algorithm>
#include <string>
#include <utility>

#include "common/base/status.h"
#include "services/ledger/offline/checks.h"

namespace tms::ledger {
namespace {

using sqlite::Connection;
using sqlite::Row;

// Rows read in one read transaction: about 50 ms, so the write-ahead log can begin anew between.
constexpr int64_t kBatch = 10'000;

constexpr char kCountRows[] =
    "SELECT (SELECT count(*) FROM job_events WHERE number <= ?1) + "
    "(SELECT count(*) FROM audit_events WHERE number <= ?1)";
constexpr char kFindSurplus[] =
    "SELECT coalesce((SELECT min(number) FROM job_events WHERE number < 1), "
    "(SELECT min(number) FROM audit_events WHERE number < 1), "
    "(SELECT min(number) FROM job_events WHERE number IN (SELECT number FROM audit_events)))";
constexpr char kFindJob[] = "SELECT 1 FROM jobs WHERE job_id = ?1";

// Columns of HistoryTable::select_sql().
constexpr int kNumber = 0;
constexpr int kSalt = 1;
constexpr int kSaltedDigest = 2;
constexpr int kHash = 3;
constexpr int kFirstColumn = 4;

int ColumnOf(const HistoryTable& table, std::string_view name) {
  const auto found = std::ranges::find(table.columns(), name);
  return kFirstColumn + static_cast<int>(found - table.columns().begin());
}

class ChainChecker {
 public:
  ChainChecker(Connection& connection, const std::string& chain_id,
               const std::vector<AnchorLine>& anchors)
      : connection_(connection),
        chain_id_(chain_id),
        next_anchor_(anchors.begin()),
        last_anchor_(anchors.end()) {}

  absl::StatusOr<ChainCheck> Run();

 private:
  // Follows the chain through one table as far as it goes without leaving it, at most kBatch rows.
  absl::Status Follow(const HistoryTable& table);
  bool Take(const HistoryTable& table, const Row& row);
  absl::Status CheckEnd();
  void MeetAnchors();
  bool Fail(const std::string& what) {
    check_.chain = what;
    return false;
  }

  Connection& connection_;
  const std::string& chain_id_;
  std::vector<AnchorLine>::const_iterator next_anchor_;
  const std::vector<AnchorLine>::const_iterator last_anchor_;
  int64_t last_number_ = 0;
  ChainCheck check_;
  absl::Status status_;
};

absl::StatusOr<ChainCheck> ChainChecker::Run() {
  TMS_ASSIGN_OR_RETURN(const ChainHead last, ReadChainHead(connection_));
  last_number_ = last.number;
  MeetAnchors();
  for (int64_t before = -1; before != check_.head.number && !check_.chain;) {
    before = check_.head.number;
    TMS_RETURN_IF_ERROR(Follow(JobEventsTable()));
    if (!check_.chain) TMS_RETURN_IF_ERROR(Follow(AuditEventsTable()));
  }
  TMS_RETURN_IF_ERROR(CheckEnd());
  return std::move(check_);
}

absl::Status ChainChecker::Follow(const HistoryTable& table) {
  const auto take = [&](const Row& row) { return Take(table, row); };
  TMS_RETURN_IF_ERROR(connection_.Visit(table.select_sql(), take, check_.head.number, kBatch));
  return status_;
}

bool ChainChecker::Take(const HistoryTable& table, const Row& row) {
  const int64_t number = row.Int(kNumber);
  if (number != check_.head.number + 1 || number > last_number_) return false;
  const std::string name = "row " + std::to_string(number) + " (" + table.name() + ")";
  if (row.IsNull(kSalt) || row.IsNull(kSaltedDigest) || row.IsNull(kHash)) {
    return Fail(name + ": it is not chained");
  }
  const std::string digest = SaltedDigest(row.Text(kSalt), EncodeContent(table, row));
  if (row.Text(kSaltedDigest) != digest) {
    return Fail(name + ": its content is not what was written");
  }
  std::string hash = LinkHash(chain_id_, number, check_.head.hash, digest);
  if (row.Text(kHash) != hash) {
    return Fail(name + ": its hash does not follow from the row before it");
  }
  static const int job_id = ColumnOf(JobEventsTable(), "job_id");
  static const int kind = ColumnOf(JobEventsTable(), "kind");
  static const int verdict = ColumnOf(JobEventsTable(), "verdict");
  if (&table == &JobEventsTable() && row.Text(verdict) == "APPLIED" &&
      (row.Text(kind) == "STARTED" || row.Text(kind) == "MIGRATED")) {
    const auto read = [](const Row&) { return true; };
    const auto job = connection_.ReadOne(kFindJob, read, row.Text(job_id));
    status_ = job.status();
    if (!status_.ok()) return false;
    if (!job->has_value()) {
      return Fail(name + ": it began job " + row.Text(job_id) + ", which is not in jobs");
    }
  }
  check_.head = {.number = number, .hash = std::move(hash)};
  MeetAnchors();
  return true;
}

void ChainChecker::MeetAnchors() {
  for (; next_anchor_ != last_anchor_ && next_anchor_->anchor.number <= check_.head.number;
       ++next_anchor_) {
    const Anchor& anchor = next_anchor_->anchor;
    if (anchor.number == check_.head.number && anchor.hash == check_.head.hash) continue;
    if (check_.anchors.has_value()) continue;
    check_.anchors = "anchor in line " + std::to_string(next_anchor_->line) + ": row " +
                     std::to_string(anchor.number) + " had another hash when it was signed";
  }
}

absl::Status ChainChecker::CheckEnd() {
  if (!check_.chain && check_.head.number < last_number_) {
    check_.chain = "row " + std::to_string(check_.head.number + 1) + ": it is missing";
  }
  if (!check_.chain) {
    const auto read = [](const Row& row) { return row.Int(0); };
    TMS_ASSIGN_OR_RETURN(const std::optional<int64_t> count,
                         connection_.ReadOne(kCountRows, read, last_number_));
    if (count != last_number_) {
      TMS_ASSIGN_OR_RETURN(const int64_t surplus, connection_.ReadInt(kFindSurplus));
      check_.chain = "row " + std::to_string(surplus) + ": there is one too many of this number";
    }
  }
  if (!check_.anchors && !check_.chain && next_anchor_ != last_anchor_) {
    check_.anchors = "anchor in line " + std::to_string(next_anchor_->line) +
                     ": it was signed at row " + std::to_string(next_anchor_->anchor.number) +
                     ", but the history ends at row " + std::to_string(last_number_) +
                     ": rows after it were removed";
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ChainCheck> CheckChain(Connection& connection, const std::string& chain_id,
                                      const std::vector<AnchorLine>& anchors) {
  return ChainChecker(connection, chain_id, anchors).Run();
}

}  // namespace tms::ledger
