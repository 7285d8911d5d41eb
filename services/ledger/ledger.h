// What the ledger does, apart from how it is reached (gRPC) and where it is kept (JobStore).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "services/ledger/job_store.h"
#include "services/ledger/job_update.h"
#include "services/ledger/page_tokens.h"
#include "services/ledger/sweeper.h"
#include "services/ledger/write_budget.h"

namespace tms::ledger {

struct PageRequest {
  int page_size = 0;
  std::string page_token;
};

struct JobList {
  std::vector<Job> jobs;  // BASIC view
  std::string next_page_token;
};

struct HistoryList {
  std::vector<HistoryEvent> events;
  std::string next_page_token;
};

struct CustomerList {
  std::vector<std::string> cids;
  std::string next_page_token;
  int total_size = 0;
};

struct AuditList {
  std::vector<AuditRecord> records;
  std::string next_page_token;
};

struct Stats {
  std::vector<StatsRow> rows;
  StatsBucket bucket = StatsBucket::kDay;
};

// Every request is checked here: INVALID_ARGUMENT names each wrong field by its name in the proto.
// Owned by main; outlives the calls that it serves. Thread-safe. GetJob, the lists and the
// statistics block on disk; Record, UpdateJob, SettleOwner and RecordAudit do not, their `done` may
// run before they return or later on the store's thread.
class Ledger {
 public:
  Ledger(JobStore& store, Sweeper& sweeper, const Clock& clock);

  // A malformed event is answered with Verdict::kInvalid, not with an error. Events go to the store
  // in the order of these calls, as many at a time as it takes; the others wait.
  void Record(OwnerEvent event, JobStore::RecordDone done);
  void UpdateJob(JobUpdate update, JobStore::UpdateDone done);

  // Ends the owner's jobs of earlier incarnations that have no outcome, and says how many. In
  // transactions of at most kMaxJobsPerSweep jobs: after an error some may be settled, the rest is
  // when it is asked for again. `teller` as OwnerEvent's. PERMISSION_DENIED (OWNER_OF_ANOTHER).
  using SettleDone = std::function<void(absl::StatusOr<int>)>;
  void SettleOwner(std::string owner, int64_t incarnation, std::string teller, SettleDone done);
  void RecordAudit(AuditRecord record, JobStore::AuditDone done);
  absl::StatusOr<AuditList> ListAudit(const AuditFilter& filter, const PageRequest& page);

  absl::StatusOr<Job> GetJob(const std::string& job_id, bool full);
  absl::StatusOr<JobList> ListJobs(const JobFilter& filter, const PageRequest& page,
                                   JobOrder order = JobOrder::kNewestFirst);
  absl::StatusOr<HistoryList> ListEvents(const std::string& job_id, const PageRequest& page);
  absl::StatusOr<CustomerList> ListCustomers(const std::string& job_id, const PageRequest& page);
  // Without `bucket` the finest one that cuts the range into at most kMaxBuckets.
  absl::StatusOr<Stats> GetStats(StatsQuery query, std::optional<StatsBucket> bucket);

 private:
  // The number to go on after; nothing on the first page.
  absl::StatusOr<std::optional<int64_t>> OpenNumber(std::string_view method,
                                                    const std::string& job_id,
                                                    const std::string& token) const;
  std::string SealNumber(std::string_view method, const std::string& job_id,
                         std::optional<int64_t> number) const;
  void Track(const Job& job, absl::Duration received_at);
  void SettleMore(OwnerSettlement settlement, int settled, SettleDone done);

  JobStore& store_;
  Sweeper& sweeper_;
  const Clock& clock_;
  const PageTokens tokens_;
  WriteBudget budget_;
};

// Rows of events that may be in the store at a time: most of its queue, so that what the ledger
// writes by itself always finds room.
inline constexpr size_t kMaxRowsInStore = 150'000;

// About the rows that an event writes: what the store's queue and groups are measured in.
size_t RowsOf(const OwnerEvent& event);

// More points than a chart can show.
inline constexpr int kMaxBuckets = 400;
inline constexpr int kMaxStatsRows = 10'000;

}  // namespace tms::ledger
