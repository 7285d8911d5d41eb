// Where jobs live. The ledger's use cases know only this interface; nothing above it knows SQL.
//
// Every implementation passes the contract suite in tests/unit/ledger/job_store_contract.h.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/ledger/audit_record.h"
#include "services/ledger/job.h"
#include "services/ledger/job_filter.h"

namespace tms::ledger {

// Of the list of jobs: by created_at, then number, both descending or both ascending.
enum class JobOrder { kNewestFirst, kOldestFirst };

// A place in that list.
struct JobKey {
  absl::Time created_at;
  int64_t number = 0;
};

struct JobPage {
  std::vector<Job> jobs;  // without the FULL view's fields
  // The last row that was examined, if there may be more behind it.
  std::optional<JobKey> next;
};

struct CustomerPage {
  std::vector<std::string> cids;  // in the order in which they were sent
  std::optional<int64_t> next;    // position to go on after
  int total_size = 0;
};

struct HistoryPage {
  std::vector<HistoryEvent> events;  // oldest first
  std::optional<int64_t> next;       // number to go on after
};

// A place in the history of the whole ledger: behind the event of this number.
struct HistoryPosition {
  int64_t number = 0;
  // That event's link in the hash chain (32 bytes; zeros before the first): tells this history from
  // one that was another way when it grew past the number.
  std::string hash;

  friend bool operator==(const HistoryPosition&, const HistoryPosition&) = default;
};

// An event that changed a job.
struct JobChange {
  HistoryPosition position;
  Job job;  // without the FULL view's fields
};

struct ChangePage {
  std::vector<JobChange> changes;  // in the order of their numbers
  // Nothing up to here was left out that the filter wants.
  HistoryPosition examined;
};

// What became of one event.
struct RecordResult {
  Verdict verdict = Verdict::kInvalid;
  // The job as it is now; with kDuplicateOf and kConflict the earlier one. Not for kUnknownJob,
  // kInvalid, and a start that was rejected before it made a row.
  std::optional<Job> job;
  std::string detail;
};

// A person's decision on a job.
struct Resolution {
  std::string job_id;
  // The row's version that the person saw; another one is ABORTED.
  int64_t version = 0;
  // The claim, from the row as it is now: pure, called inside the writing transaction.
  std::function<absl::StatusOr<Outcome>(const Job&)> claim;
  // Whether the job is overdue, see Decide.
  bool overdue = false;
  std::string user_id;
  std::string reason;
  std::string source_ip;
};

// What a restarted owner asks for, see JobStore::Settle.
struct OwnerSettlement {
  std::string owner;
  // The one that asks; jobs of earlier ones are settled.
  int64_t incarnation = 0;
  // Becomes the jobs' error_message.
  std::string message;
  // Jobs that one call may end: bounds its transaction.
  int limit = 0;
  // As OwnerEvent::teller.
  std::string teller = "";
};

struct SettledJobs {
  std::vector<std::string> job_ids;
  // The limit was reached: ask again.
  bool more = false;
};

enum class StatsDimension { kStatus = 1, kFailureReason, kEffect, kCluster, kAction, kUser, kTime };
enum class StatsBucket { kHour = 1, kDay = 2, kMonth = 3 };

struct StatsQuery {
  std::vector<StatsDimension> group_by;
  StatsBucket bucket = StatsBucket::kDay;
  std::optional<absl::Time> created_after;
  std::optional<absl::Time> created_before;
  std::vector<std::string> user_ids;
  std::vector<std::string> clusters;
  std::vector<int> action_codes;
  std::vector<JobStatus> statuses;
  std::vector<FailureReason> failure_reasons;
  std::vector<Effect> effects;
};

// Upper bounds of the duration histogram, in milliseconds; one more cell counts what is longer.
// They surround what clusters were seen to take (0.2–0.6 s, 10–18 s) and the usual timeout (30 s).
inline constexpr int kDurationBoundsMs[] = {100,    250,    500,    1'000,  2'500,  5'000,
                                            10'000, 15'000, 20'000, 30'000, 60'000, 120'000};
inline constexpr size_t kDurationCells = std::size(kDurationBoundsMs) + 1;

struct StatsRow {
  // Set where the query keeps the dimension apart.
  std::optional<JobStatus> status;
  std::optional<FailureReason> failure_reason;
  std::optional<Effect> effect;
  std::optional<std::string> cluster;
  std::optional<int> action_code;
  std::optional<std::string> user_id;
  std::optional<absl::Time> bucket_start;

  int64_t job_count = 0;
  int64_t timed_job_count = 0;
  absl::Duration duration_sum;
  std::vector<int64_t> duration_counts;  // kDurationCells
};

// A place in the audit history, which is ordered by occurred_at, then number, both descending.
struct AuditKey {
  absl::Time occurred_at;
  int64_t number = 0;
};

struct AuditPage {
  std::vector<AuditRecord> records;
  // The last row that was examined, if there may be more behind it.
  std::optional<AuditKey> next;
};

// What became of an audit record.
struct AuditResult {
  int64_t number = 0;
  // One with the same record_key was there before, and has `number`; nothing was added.
  bool deduplicated = false;
};

// A job that has no outcome yet, as the sweep needs it.
struct OpenJob {
  std::string job_id;
  absl::Duration timeout;
};

// Whether a store can write.
enum class StoreState {
  kWritable,
  kFull,    // the disk is; writes fail, and may succeed again
  kBroken,  // never again in this process
};

// Thread-safe. Reads block on disk and must not run on a gRPC callback thread. Writes return at
// once; `done` is called exactly once, on the store's own thread, after the commit (or failure)
// that decided it, and must not block.
class JobStore {
 public:
  using RecordDone = std::function<void(absl::StatusOr<RecordResult>)>;
  using UpdateDone = std::function<void(absl::StatusOr<Job>)>;
  using ChangeListener = std::function<void(std::vector<JobChange>)>;
  using SettleDone = std::function<void(absl::StatusOr<SettledJobs>)>;
  using AuditDone = std::function<void(absl::StatusOr<AuditResult>)>;

  virtual ~JobStore() = default;

  // Applies one event of an owner. Calls are applied in their order. UNAVAILABLE: not stored, or
  // not known to be stored; send it again later.
  virtual void Record(OwnerEvent event, RecordDone done) = 0;

  // Ends a job that is still IN_PROGRESS as INTERRUPTED; any other job stays as it is.
  // NOT_FOUND if there is none.
  virtual void Presume(std::string job_id, std::string message, UpdateDone done) = 0;

  // Ends jobs of an owner that are IN_PROGRESS and of an earlier incarnation, oldest first, as
  // Presume does. From then on the owner's earlier incarnations are fenced: a start of theirs that
  // is not `spooled` is REJECTED, whether it is new or sent again. What they tell still counts.
  virtual void Settle(OwnerSettlement settlement, SettleDone done) = 0;

  // NOT_FOUND, ABORTED (version), FAILED_PRECONDITION (Decide says no), or what `claim` returns.
  // Writes an audit record in the same transaction.
  virtual void Resolve(Resolution resolution, UpdateDone done) = 0;

  // NOT_FOUND.
  virtual absl::StatusOr<Job> GetJob(const std::string& job_id, bool full) = 0;

  // At most `limit` jobs behind `after`; examines at most kMaxExaminedRows rows.
  virtual absl::StatusOr<JobPage> ListJobs(const JobFilter& filter, JobOrder order,
                                           std::optional<JobKey> after, int limit) = 0;

  // NOT_FOUND.
  virtual absl::StatusOr<HistoryPage> ListEvents(const std::string& job_id,
                                                 std::optional<int64_t> after, int limit) = 0;

  // NOT_FOUND.
  virtual absl::StatusOr<CustomerPage> ListCustomers(const std::string& job_id,
                                                     std::optional<int64_t> after, int limit) = 0;

  // At most `limit` rows, in the order of the group_by dimensions; RESOURCE_EXHAUSTED beyond.
  virtual absl::StatusOr<std::vector<StatsRow>> GetStats(const StatsQuery& query, int limit) = 0;

  // Where the history ends.
  virtual absl::StatusOr<HistoryPosition> LastPosition() = 0;

  // Whether the history has this position: false if it is another history, or ends before it.
  virtual absl::StatusOr<bool> HasPosition(const HistoryPosition& position) = 0;

  // Jobs that match and have changed behind the number `after`, at most `limit`, each as it is now
  // and only at its last change. Examines at most kMaxExaminedEvents events.
  virtual absl::StatusOr<ChangePage> ListChanges(const JobFilter& filter, int64_t after,
                                                 int limit) = 0;

  // Who hears of every change from now on: on the store's own thread, after the commit and before
  // its `done`s, in the order of their numbers, each job as it was right after. Must not block.
  // Nothing: nobody; once this returns the former one is not called any more.
  virtual void SetChangeListener(ChangeListener listener) = 0;

  virtual StoreState State() const = 0;

  // Tries a write that changes no job, so that State tells whether there is room again. Returns at
  // once.
  virtual void Probe() = 0;

  // A name that no other ledger has.
  virtual std::string Epoch() const = 0;

  // Adds to the audit history, which is one with that of the jobs.
  virtual void RecordAudit(AuditRecord record, AuditDone done) = 0;

  // At most `limit` records behind `after`; examines at most kMaxExaminedRows rows, and gives at
  // most as many records as have 50,000 customers in all (or one).
  virtual absl::StatusOr<AuditPage> ListAudit(const AuditFilter& filter,
                                              std::optional<AuditKey> after, int limit) = 0;

  // Every job that is IN_PROGRESS.
  virtual absl::StatusOr<std::vector<OpenJob>> ListOpenJobs() = 0;

  // A secret of this store, made when it was: 32 random bytes that sign page tokens.
  virtual std::string PageTokenKey() const = 0;
};

// Rows that one ListJobs may examine: about 20 ms of a reader's time.
inline constexpr int kMaxExaminedRows = 10'000;
// Events that one ListChanges may examine, for the same reason.
inline constexpr int kMaxExaminedEvents = 2'000;

}  // namespace tms::ledger
