// Writes the jobs of the replaced system into a new ledger database.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/sqlite/connection.h"
#include "services/ledger/sqlite/history_chain.h"
#include "services/ledger/sqlite/legacy_job.h"
#include "services/ledger/sqlite/legacy_source.h"
#include "services/ledger/sqlite/sqlite_stats.h"

namespace tms::ledger {

// What a migration has done, for the log and for people.
struct LegacyCounts {
  int64_t jobs = 0;
  int64_t customers = 0;
  int64_t stray_customers = 0;
  int64_t open_jobs = 0;
  int64_t ambiguous_times = 0;
  // Rows by what was odd in them, for instance "created_at: not understood".
  std::map<std::string, int64_t> odd_rows;
};

// Owned by the migration, used by one thread, amid one transaction of `connection`, whose file
// nobody needs before it is complete.
class LegacyWriter {
 public:
  // Takes the indexes away, to be built when all rows are there.
  static absl::StatusOr<std::unique_ptr<LegacyWriter>> Begin(sqlite::Connection& connection,
                                                             LegacySource& source,
                                                             absl::TimeZone zone, absl::Time now);

  absl::Status WriteJob(const LegacyJob& legacy);
  // Customers without a job: kept beside. Then counters, indexes, and the proof that nothing is
  // missing: DATA_LOSS if the rows don't add up.
  absl::Status WriteStrays();
  absl::Status BuildIndexes();
  absl::Status Finish();

  const LegacyCounts& counts() const { return counts_; }

 private:
  LegacyWriter(sqlite::Connection& connection, LegacySource& source, absl::TimeZone zone,
               absl::Time now);

  absl::Status DropIndexes();
  // Whether the row's id is its own; one is made for it otherwise.
  absl::StatusOr<bool> SettleJobId(const LegacyJob& legacy, MigratedJob& migrated);
  absl::StatusOr<bool> IsTaken(const std::string& job_id);
  absl::Status WriteCustomers(const LegacyJob& legacy, Job& job, sqlite::Blob& digest);
  absl::Status WriteCid(int64_t job_number, const LegacyCustomer& customer, PartsEncoder& digested);
  absl::Status InsertJob(const MigratedJob& migrated);
  absl::Status AppendEvent(const LegacyJob& legacy, const MigratedJob& migrated,
                           const sqlite::Blob& cids_digest);
  absl::Status KeepOddities(const LegacyJob& legacy, const MigratedJob& migrated);
  absl::Status Keep(std::string_view source, int64_t row_id, std::string_view column,
                    std::string_view why, const LegacyValue& value);
  absl::Status FlushStats();
  // Ids of the customers that have their job, in order.
  absl::StatusOr<std::vector<int64_t>> WrittenCustomers();

  sqlite::Connection& connection_;
  LegacySource& source_;
  const absl::TimeZone zone_;
  const absl::Time now_;
  std::vector<std::string> index_sql_;
  std::unique_ptr<HistoryChain> chain_;
  StatsDeltas stats_;
  absl::Time last_created_at_ = absl::UnixEpoch();
  LegacyCounts counts_;
};

}  // namespace tms::ledger
