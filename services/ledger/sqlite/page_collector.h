// Decides row by row when a page of a list is complete.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tms::ledger {

// A row that was looked at, in the list's order: by time, then by number.
struct ExaminedRow {
  int64_t number = 0;
  std::string time;
  bool matches = false;
  // What it adds to the page's weight if it is taken.
  int64_t cids = 0;
};

class PageCollector {
 public:
  // Of at most `limit` rows and, from the second on, `max_cids`; complete after kMaxExaminedRows,
  // too.
  explicit PageCollector(int limit, int64_t max_cids = std::numeric_limits<int64_t>::max())
      : limit_(limit), max_cids_(max_cids) {}

  // False: the page was complete before this row.
  bool Take(ExaminedRow row);

  // The numbers of the rows that belong to the page.
  const std::vector<int64_t>& matches() const { return matches_; }

  // The last row that was examined: the next page goes on after it. Nothing if there is none.
  // DATA_LOSS (DATABASE_DAMAGED), naming `column`, if its time is none.
  struct Place {
    absl::Time time;
    int64_t number = 0;
  };
  absl::StatusOr<std::optional<Place>> Next(const char* column) const;

 private:
  const int limit_;
  const int64_t max_cids_;
  std::vector<int64_t> matches_;
  int64_t cids_ = 0;
  int examined_ = 0;
  ExaminedRow last_;
  bool more_ = false;
};

}  // namespace tms::ledger
