// A store that can hold back the answers to Record, to show what waits for them.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "services/ledger/job_store.h"

namespace tms::ledger {

// Passes everything on to another store. Thread-safe.
class HoldingStore final : public JobStore {
 public:
  explicit HoldingStore(JobStore& store) : store_(store) {}

  // From now on the answers wait.
  void Hold() {
    absl::MutexLock lock(&mutex_);
    holding_ = true;
  }
  // Lets what waits go, and all that comes.
  void Release() {
    std::deque<std::function<void()>> held;
    {
      absl::MutexLock lock(&mutex_);
      holding_ = false;
      held.swap(held_);
    }
    for (const auto& answer : held) answer();
  }
  // Waits until `count` answers are held; false after a minute.
  bool AwaitHeld(size_t count) {
    const auto reached = [this, count]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return held_.size() >= count;
    };
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithTimeout(absl::Condition(&reached), absl::Minutes(1));
  }
  // The most events that were ever without an answer.
  size_t most_unanswered() {
    absl::MutexLock lock(&mutex_);
    return most_unanswered_;
  }
  // Says from now on that the disk is full.
  void FillDisk() { full_ = true; }
  // Says from now on that nothing can be written any more.
  void Break() { broken_ = true; }
  // The next probe finds room.
  void MakeRoom() { room_ = true; }
  // From now on every event fails, as with a disk that does not write.
  void FailRecords(absl::Status failure) {
    absl::MutexLock lock(&mutex_);
    failure_ = std::move(failure);
  }

  void Record(OwnerEvent event, RecordDone done) override {
    absl::Status failure;
    {
      absl::MutexLock lock(&mutex_);
      most_unanswered_ = std::max(most_unanswered_, ++unanswered_);
      failure = failure_;
    }
    const auto answer = [this, done = std::move(done)](absl::StatusOr<RecordResult> result) {
      Answer([this, done, result = std::move(result)] {
        {
          absl::MutexLock lock(&mutex_);
          --unanswered_;
        }
        done(result);
      });
    };
    if (!failure.ok()) {
      answer(failure);
      return;
    }
    store_.Record(std::move(event), answer);
  }

  void Presume(std::string job_id, std::string message, UpdateDone done) override {
    store_.Presume(std::move(job_id), std::move(message), std::move(done));
  }
  void Settle(OwnerSettlement settlement, SettleDone done) override {
    store_.Settle(std::move(settlement), std::move(done));
  }
  void Resolve(Resolution resolution, UpdateDone done) override {
    store_.Resolve(std::move(resolution), std::move(done));
  }
  absl::StatusOr<Job> GetJob(const std::string& job_id, bool full) override {
    return store_.GetJob(job_id, full);
  }
  absl::StatusOr<JobPage> ListJobs(const JobFilter& filter, JobOrder order,
                                   std::optional<JobKey> after, int limit) override {
    return store_.ListJobs(filter, order, after, limit);
  }
  absl::StatusOr<HistoryPage> ListEvents(const std::string& job_id, std::optional<int64_t> after,
                                         int limit) override {
    return store_.ListEvents(job_id, after, limit);
  }
  absl::StatusOr<CustomerPage> ListCustomers(const std::string& job_id,
                                             std::optional<int64_t> after, int limit) override {
    return store_.ListCustomers(job_id, after, limit);
  }
  absl::StatusOr<std::vector<StatsRow>> GetStats(const StatsQuery& query, int limit) override {
    return store_.GetStats(query, limit);
  }
  absl::StatusOr<HistoryPosition> LastPosition() override { return store_.LastPosition(); }
  absl::StatusOr<bool> HasPosition(const HistoryPosition& position) override {
    return store_.HasPosition(position);
  }
  absl::StatusOr<ChangePage> ListChanges(const JobFilter& filter, int64_t after,
                                         int limit) override {
    return store_.ListChanges(filter, after, limit);
  }
  void SetChangeListener(ChangeListener listener) override {
    store_.SetChangeListener(std::move(listener));
  }
  StoreState State() const override {
    if (broken_) return StoreState::kBroken;
    return full_ ? StoreState::kFull : store_.State();
  }
  void Probe() override {
    if (room_) full_ = false;
  }
  std::string Epoch() const override { return store_.Epoch(); }
  void RecordAudit(AuditRecord record, AuditDone done) override {
    store_.RecordAudit(std::move(record), std::move(done));
  }
  absl::StatusOr<AuditPage> ListAudit(const AuditFilter& filter, std::optional<AuditKey> after,
                                      int limit) override {
    return store_.ListAudit(filter, after, limit);
  }
  absl::StatusOr<std::vector<OpenJob>> ListOpenJobs() override { return store_.ListOpenJobs(); }
  std::string PageTokenKey() const override { return store_.PageTokenKey(); }

 private:
  void Answer(std::function<void()> answer) {
    {
      absl::MutexLock lock(&mutex_);
      if (holding_) {
        held_.push_back(std::move(answer));
        return;
      }
    }
    answer();
  }

  JobStore& store_;
  std::atomic<bool> broken_ = false;
  std::atomic<bool> full_ = false;
  std::atomic<bool> room_ = false;
  absl::Mutex mutex_;
  bool holding_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<std::function<void()>> held_ ABSL_GUARDED_BY(mutex_);
  size_t unanswered_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t most_unanswered_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tms::ledger
