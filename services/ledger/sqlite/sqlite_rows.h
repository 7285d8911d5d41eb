// Rows of jobs.db as the ledger's types. For the SQLite store alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/sqlite/connection.h"
#include "services/ledger/job.h"
#include "services/ledger/job_store.h"

namespace tms::ledger {

// Nothing if there is no such job. DATA_LOSS, naming the column, if a row holds what was never
// written there.
absl::StatusOr<std::optional<Job>> FindJob(sqlite::Connection& connection,
                                           const std::string& job_id);
absl::StatusOr<std::optional<Job>> FindJobByNumber(sqlite::Connection& connection, int64_t number);

// As FindJob; NOT_FOUND if there is none.
absl::StatusOr<Job> GetJobRow(sqlite::Connection& connection, const std::string& job_id);

// What the FULL view has more.
absl::Status AddFullView(sqlite::Connection& connection, Job& job);

// Columns of one row whose texts are words and times: reads them and remembers the first that is
// wrong.
class RowReader {
 public:
  explicit RowReader(const sqlite::Row& row) : row_(row) {}

  absl::Time Time(int column);
  std::optional<absl::Time> OptionalTime(int column);
  std::optional<absl::Duration> OptionalMillis(int column) const;

  // `from_word` is one of the functions of job.h; NULL is the empty word.
  template <typename Enum>
  Enum Word(int column, std::optional<Enum> (*from_word)(std::string_view)) {
    const std::string text = row_.Text(column);
    const std::optional<Enum> value = from_word(text);
    if (!value.has_value()) Wrong(column, text);
    return value.value_or(Enum{});
  }

  // From seven columns: status, http_status, failure_reason, effect, error_message,
  // outcome_source, conflict.
  Outcome ReadOutcome(int first_column);

  absl::Status status() const { return status_; }

 private:
  void Wrong(int column, const std::string& text);

  const sqlite::Row& row_;
  absl::Status status_;
};

}  // namespace tms::ledger
