#include "services/ledger/sqlite/page_collector.h"

#include <iterator>
#include <utility>

#include "common/base/status.h"
#include "common/base/time_text.h"
#include "services/ledger/job_store.h"

namespace tms::ledger {

bool PageCollector::Take(ExaminedRow row) {
  const bool too_heavy = row.matches && !matches_.empty() && cids_ + row.cids > max_cids_;
  if (std::ssize(matches_) == limit_ || examined_ == kMaxExaminedRows || too_heavy) {
    more_ = true;
    return false;
  }
  ++examined_;
  if (row.matches) {
    matches_.push_back(row.number);
    cids_ += row.cids;
  }
  last_ = std::move(row);
  return true;
}

absl::StatusOr<std::optional<PageCollector::Place>> PageCollector::Next(const char* column) const {
  if (!more_) return std::nullopt;
  const std::optional<absl::Time> time = ParseTimestamp(last_.time);
  if (!time.has_value()) {
    return MakeStatus(absl::StatusCode::kDataLoss, "DATABASE_DAMAGED",
                      "the database holds '" + last_.time + "' in column '" + column + "'");
  }
  return Place{.time = *time, .number = last_.number};
}

}  // namespace tms::ledger
