// A JobStore in memory for tests of what stands above it: it remembers what it was asked and
// answers what the test has set. It decides nothing; the contract suite tests real stores.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "services/ledger/job_store.h"

namespace tms::ledger {

// Not thread-safe: tests call it from one thread.
class FakeJobStore final : public JobStore {
 public:
  struct Presumption {
    std::string job_id;
    std::string message;
    UpdateDone done;
  };

  void Record(OwnerEvent event, RecordDone done) override {
    recorded.push_back(std::move(event));
    done(record_answer);
  }
  void Presume(std::string job_id, std::string message, UpdateDone done) override {
    presumptions.push_back({std::move(job_id), std::move(message), std::move(done)});
  }
  void Settle(OwnerSettlement settlement, SettleDone done) override {
    settlements.push_back(std::move(settlement));
    absl::StatusOr<SettledJobs> answer = SettledJobs{};
    if (!settle_answers.empty()) {
      answer = std::move(settle_answers.front());
      settle_answers.pop_front();
    }
    done(std::move(answer));
  }
  void Resolve(Resolution resolution, UpdateDone done) override {
    resolutions.push_back(std::move(resolution));
    done(resolve_answer);
  }
  absl::StatusOr<Job> GetJob(const std::string& job_id, bool full) override {
    if (!jobs.contains(job_id)) return MakeStatus(absl::StatusCode::kNotFound, "no such job");
    last_full = full;
    return jobs[job_id];
  }
  absl::StatusOr<JobPage> ListJobs(const JobFilter& filter, JobOrder, std::optional<JobKey> after,
                                   int limit) override {
    last_filter = filter;
    last_job_key = after;
    last_limit = limit;
    return job_page;
  }
  absl::StatusOr<HistoryPage> ListEvents(const std::string&, std::optional<int64_t> after,
                                         int limit) override {
    last_number = after;
    last_limit = limit;
    return HistoryPage{.next = next_number};
  }
  absl::StatusOr<CustomerPage> ListCustomers(const std::string&, std::optional<int64_t> after,
                                             int limit) override {
    last_number = after;
    last_limit = limit;
    return CustomerPage{.next = next_number};
  }
  absl::StatusOr<std::vector<StatsRow>> GetStats(const StatsQuery& query, int) override {
    last_stats = query;
    return stats_answer;
  }
  absl::StatusOr<HistoryPosition> LastPosition() override { return last_position; }
  absl::StatusOr<bool> HasPosition(const HistoryPosition& position) override {
    return position == last_position;
  }
  absl::StatusOr<ChangePage> ListChanges(const JobFilter& filter, int64_t after,
                                         int limit) override {
    last_filter = filter;
    last_number = after;
    last_limit = limit;
    return ChangePage{};
  }
  void SetChangeListener(ChangeListener new_listener) override {
    listener = std::move(new_listener);
  }
  StoreState State() const override { return state; }
  void Probe() override { ++probes; }
  std::string Epoch() const override { return "epoch"; }
  void RecordAudit(AuditRecord record, AuditDone done) override {
    audited.push_back(std::move(record));
    done(AuditResult{.number = 7});
  }
  absl::StatusOr<AuditPage> ListAudit(const AuditFilter& filter, std::optional<AuditKey> after,
                                      int limit) override {
    last_audit_filter = filter;
    last_audit_key = after;
    last_limit = limit;
    return audit_page;
  }
  absl::StatusOr<std::vector<OpenJob>> ListOpenJobs() override { return open_jobs; }
  std::string PageTokenKey() const override { return std::string(32, 'k'); }

  // What it answers.
  absl::StatusOr<RecordResult> record_answer = RecordResult{.verdict = Verdict::kApplied};
  absl::StatusOr<Job> resolve_answer = Job{};
  std::deque<absl::StatusOr<SettledJobs>> settle_answers;
  std::map<std::string, Job> jobs;
  JobPage job_page;
  std::optional<int64_t> next_number;
  absl::StatusOr<std::vector<StatsRow>> stats_answer = std::vector<StatsRow>{};
  std::vector<OpenJob> open_jobs;
  HistoryPosition last_position{.number = 7, .hash = std::string(32, 'h')};

  StoreState state = StoreState::kWritable;
  int probes = 0;

  // Who hears of changes.
  ChangeListener listener;
  AuditPage audit_page;

  // What it was asked. A presumption waits for the test to call its `done`.
  std::vector<OwnerEvent> recorded;
  std::deque<Presumption> presumptions;
  std::vector<Resolution> resolutions;
  std::vector<OwnerSettlement> settlements;
  std::vector<AuditRecord> audited;
  AuditFilter last_audit_filter;
  std::optional<AuditKey> last_audit_key;
  JobFilter last_filter;
  std::optional<JobKey> last_job_key;
  std::optional<int64_t> last_number;
  int last_limit = 0;
  bool last_full = false;
  StatsQuery last_stats;
};

}  // namespace tms::ledger
