// What one event, presumption or resolution does to jobs.db. For the SQLite store alone.
//
// Everything here runs on the writer's thread, inside the transaction and savepoint of its item: an
// error undoes all that the call wrote.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/sqlite/connection.h"
#include "services/ledger/job.h"
#include "services/ledger/job_store.h"
#include "services/ledger/sqlite/history_chain.h"
#include "services/ledger/sqlite/sqlite_stats.h"

namespace tms::ledger {

struct WriteContext {
  sqlite::Connection& connection;
  StatsDeltas& stats;
  HistoryChain& chain;
  // Grows by what is changed.
  std::vector<JobChange>& changes;
  absl::Time now;
};

// An owner's event, with all that can be computed before it reaches the writer's thread.
struct PreparedEvent {
  OwnerEvent event;
  // Says whether a repeated event is the same.
  sqlite::Blob content_digest;
  // STARTED only.
  sqlite::Blob cids_digest;
  std::optional<std::string> request_payload;
};
PreparedEvent Prepare(OwnerEvent event);

absl::StatusOr<RecordResult> RecordEvent(WriteContext& context, const PreparedEvent& prepared);
absl::StatusOr<Job> PresumeJob(WriteContext& context, const std::string& job_id,
                               const std::string& message);
absl::StatusOr<SettledJobs> SettleJobs(WriteContext& context, const OwnerSettlement& settlement);
// The incarnation that last asked to settle its owner's jobs, 0 if none has: earlier ones may not
// begin anything any more.
absl::StatusOr<int64_t> FenceOf(sqlite::Connection& connection, const std::string& owner);
absl::StatusOr<Job> ResolveJob(WriteContext& context, const Resolution& resolution);
absl::StatusOr<AuditResult> RecordAuditRow(WriteContext& context, const AuditRecord& record);

// Parts of the above.

// How a job changes besides its outcome; unset ones stay as they are.
struct OutcomeChange {
  Outcome outcome;
  absl::Time finished_at;
  std::optional<absl::Duration> elapsed;
  std::optional<std::string> response_summary;
  bool response_summary_cut = false;
};
// Changes row, counters and request_id's claim; `job` becomes what the row is then.
absl::Status ChangeOutcome(WriteContext& context, const OutcomeChange& change, Job& job);

// What a row of the replaced system was, for its MIGRATED event.
struct MigratedDigests {
  sqlite::Blob content;
  sqlite::Blob cids;
  int64_t cid_count = 0;
};

struct HistoryRow {
  const std::string& job_id;
  HistoryKind kind;
  absl::Time occurred_at;
  const std::string& actor;
  Verdict verdict;
  std::string detail;
  const Job& job;  // as it stands after the event
  // An owner's event only.
  const PreparedEvent* told = nullptr;
  // With kDuplicateOf, kConflict.
  std::string earlier_job_id;
  // With kMigrated.
  const MigratedDigests* migrated = nullptr;
};
absl::Status AppendHistory(WriteContext& context, const HistoryRow& row);

// The row alone, not its customers' rows.
absl::Status AppendAudit(WriteContext& context, const AuditRecord& record);

// Text that may be absent: NULL in the database.
std::optional<std::string_view> NullIfEmpty(std::string_view text);

}  // namespace tms::ledger
