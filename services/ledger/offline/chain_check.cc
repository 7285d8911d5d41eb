#include <algorithm>
#include <string>
#include <utility>

#include "common/base/status.h"
#include "services/ledger/file_history.h"
#include "services/ledger/offline/checks.h"

namespace tms::ledger {
namespace {

using sqlite::Connection;
using sqlite::Row;

constexpr char kCountRows[] =
    "SELECT (SELECT count(*) FROM job_events WHERE number <= ?1) + "
    "(SELECT count(*) FROM audit_events WHERE number <= ?1)";
constexpr char kFindSurplus[] =
    "SELECT coalesce((SELECT min(number) FROM job_events WHERE number < 1), "
    "(SELECT min(number) FROM audit_events WHERE number < 1), "
    "(SELECT min(number) FROM job_events WHERE number IN (SELECT number FROM audit_events)))";
constexpr char kFindJob[] = "SELECT 1 FROM jobs WHERE job_id = ?1";

// Of HistoryTable::select_sql().
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
  absl::StatusOr<Finding> Take(const HistoryTable& table, const Row& row, const ChainHead& link);
  absl::StatusOr<Finding> FindJobOf(const Row& row);
  void NoteAcceptance(const Row& row, int64_t number);
  absl::Status CheckEnd(int64_t last_number);
  void MeetAnchors(const ChainHead& head);

  Connection& connection_;
  const std::string& chain_id_;
  std::vector<AnchorLine>::const_iterator next_anchor_;
  const std::vector<AnchorLine>::const_iterator last_anchor_;
  ChainCheck check_;
};

absl::StatusOr<ChainCheck> ChainChecker::Run() {
  TMS_ASSIGN_OR_RETURN(const ChainHead last, ReadChainHead(connection_));
  MeetAnchors(ChainHead{});
  const auto take = [this](const HistoryTable& table, const Row& row, const ChainHead& link) {
    return Take(table, row, link);
  };
  TMS_ASSIGN_OR_RETURN(ChainEnd end,
                       WalkChain(connection_, chain_id_, ChainHead{}, last.number, take));
  check_.head = std::move(end.head);
  check_.chain = std::move(end.fault);
  TMS_RETURN_IF_ERROR(CheckEnd(last.number));
  return std::move(check_);
}

absl::StatusOr<Finding> ChainChecker::Take(const HistoryTable& table, const Row& row,
                                           const ChainHead& link) {
  if (&table == &JobEventsTable()) {
    TMS_ASSIGN_OR_RETURN(Finding lost, FindJobOf(row));
    if (lost.has_value()) return lost;
  } else {
    NoteAcceptance(row, link.number);
  }
  MeetAnchors(link);
  return Finding();
}

// A job that began has its row.
absl::StatusOr<Finding> ChainChecker::FindJobOf(const Row& row) {
  static const int job_id = ColumnOf(JobEventsTable(), "job_id");
  static const int kind = ColumnOf(JobEventsTable(), "kind");
  static const int verdict = ColumnOf(JobEventsTable(), "verdict");
  const bool began = row.Text(verdict) == "APPLIED" &&
                     (row.Text(kind) == "STARTED" || row.Text(kind) == "MIGRATED");
  if (!began) return Finding();
  const auto read = [](const Row&) { return true; };
  TMS_ASSIGN_OR_RETURN(const auto job, connection_.ReadOne(kFindJob, read, row.Text(job_id)));
  if (job.has_value()) return Finding();
  return Finding("it began job " + row.Text(job_id) + ", which is not in jobs");
}

void ChainChecker::NoteAcceptance(const Row& row, int64_t number) {
  static const int action = ColumnOf(AuditEventsTable(), "action");
  static const int occurred_at = ColumnOf(AuditEventsTable(), "occurred_at");
  static const int detail = ColumnOf(AuditEventsTable(), "detail");
  if (row.Text(action) != kOlderFileAccepted) return;
  check_.acceptances.push_back("row " + std::to_string(number) + ", " + row.Text(occurred_at) +
                               ": " + row.Text(detail));
}

void ChainChecker::MeetAnchors(const ChainHead& head) {
  for (; next_anchor_ != last_anchor_ && next_anchor_->anchor.number <= head.number;
       ++next_anchor_) {
    const Anchor& anchor = next_anchor_->anchor;
    if (anchor.number == head.number && anchor.hash == head.hash) continue;
    if (check_.anchors.has_value()) continue;
    check_.anchors = "anchor in line " + std::to_string(next_anchor_->line) + ": row " +
                     std::to_string(anchor.number) + " had another hash when it was signed";
  }
}

absl::Status ChainChecker::CheckEnd(int64_t last_number) {
  if (!check_.chain) {
    const auto read = [](const Row& row) { return row.Int(0); };
    TMS_ASSIGN_OR_RETURN(const std::optional<int64_t> count,
                         connection_.ReadOne(kCountRows, read, last_number));
    if (count != last_number) {
      TMS_ASSIGN_OR_RETURN(const int64_t surplus, connection_.ReadInt(kFindSurplus));
      check_.chain = "row " + std::to_string(surplus) + ": there is one too many of this number";
    }
  }
  if (!check_.anchors && !check_.chain && next_anchor_ != last_anchor_) {
    check_.anchors = "anchor in line " + std::to_string(next_anchor_->line) +
                     ": it was signed at row " + std::to_string(next_anchor_->anchor.number) +
                     ", but the history ends at row " + std::to_string(last_number) +
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
