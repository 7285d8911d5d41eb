// What every JobStore promises to the ledger. The tests are in job_store_contract_*_test.cc; a
// store joins by linking them and instantiating JobStoreContract with a maker of its harness.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/fake_clock.h"
#include "gtest/gtest.h"
#include "services/ledger/job_store.h"

namespace tms::ledger {

// One store with its own empty place to keep jobs in.
class StoreHarness {
 public:
  virtual ~StoreHarness() = default;
  virtual JobStore& store() = 0;
  // Ends the store and opens it again on the same place.
  virtual void Reopen() = 0;
};

// What the suite is instantiated with. `clock` outlives the harness.
using HarnessMaker = std::unique_ptr<StoreHarness> (*)(const Clock& clock);

class JobStoreContract : public ::testing::TestWithParam<HarnessMaker> {
 public:
  JobStoreContract() : harness_(GetParam()(clock_)) {}

  JobStore& store() { return harness_->store(); }
  void Reopen() { harness_->Reopen(); }

  // A plain valid STARTED of `owner-1/1` with event_seq 1; tests change what they are about.
  OwnerEvent Started(const std::string& job_id) const;
  static JobStart& StartOf(OwnerEvent& event) { return std::get<JobStart>(event.fact); }
  // As Started, with a request_id and the fingerprint `content`.
  OwnerEvent StartedWithRequest(const std::string& job_id, const std::string& request_id,
                                const std::string& content) const;

  // A FINISHED of `owner-1/1` with event_seq 2.
  OwnerEvent Finished(const std::string& job_id, const Outcome& outcome) const;
  static JobFinish& FinishOf(OwnerEvent& event) { return std::get<JobFinish>(event.fact); }

  static Outcome Success();
  static Outcome Failed(FailureReason reason, Effect effect);

  // Wait for the store's answer.
  absl::StatusOr<RecordResult> Record(const OwnerEvent& event);
  absl::StatusOr<Job> Presume(const std::string& job_id);
  // Settles what is left of `owner` before `incarnation`.
  absl::StatusOr<SettledJobs> Settle(const std::string& owner, int64_t incarnation, int limit = 100,
                                     const std::string& teller = "");
  // Resolves to `claim` with the version that the job has now.
  absl::StatusOr<Job> Resolve(const std::string& job_id, const Outcome& claim, bool overdue = true);
  absl::StatusOr<Job> Resolve(Resolution resolution);

  // As Record, expecting this verdict; the job of the answer.
  Job RecordExpecting(Verdict verdict, const OwnerEvent& event);
  // A job that has ended with `outcome`.
  Job MakeJob(const OwnerEvent& started, const Outcome& outcome);

  Job Get(const std::string& job_id, bool full = false);
  std::vector<HistoryEvent> History(const std::string& job_id);
  // Ids of every job that matches, read in pages of `limit`.
  std::vector<std::string> List(const JobFilter& filter, int limit = 100,
                                JobOrder order = JobOrder::kNewestFirst);

  AuditResult Audit(const AuditRecord& record);
  // Numbers of every audit record that matches, read in pages of `limit`.
  std::vector<int64_t> AuditNumbers(const AuditFilter& filter, int limit = 100);

  FakeClock clock_;

 private:
  std::unique_ptr<StoreHarness> harness_;
};

}  // namespace tms::ledger
