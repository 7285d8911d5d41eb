// Ends jobs whose owner has not told an outcome in time.
#pragma once

#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/stop_flag.h"
#include "services/ledger/job_store.h"

namespace tms::ledger {

// Knows every open job and when it becomes overdue: its timeout and the grace after the ledger
// received its start or itself started, whichever is later, on the clock that never jumps. Owned by
// main; thread-safe. Destroying it waits for what it asked of the store.
class Sweeper {
 public:
  Sweeper(JobStore& store, const Clock& clock, absl::Duration grace)
      : store_(store), clock_(clock), grace_(grace) {}
  ~Sweeper();
  Sweeper(const Sweeper&) = delete;
  Sweeper& operator=(const Sweeper&) = delete;

  // Takes up what the store holds without an outcome; the time of these jobs begins now. Blocks on
  // the store; called once, before the ledger serves.
  absl::Status LoadOpenJobs();

  // `received_at` is Clock::SinceBoot() when the start came in. A job that is watched already keeps
  // its time: a start that is sent again gains none.
  void Watch(const std::string& job_id, absl::Duration timeout, absl::Duration received_at);
  void Forget(const std::string& job_id);

  // False for a job that is not watched.
  bool IsOverdue(const std::string& job_id) const;

  // Asks the store to end overdue jobs, at most kMaxJobsPerSweep of them, and returns how many.
  // What the store fails to end is asked for again by the next sweep.
  int Sweep();

 private:
  struct OverdueJob {
    std::string job_id;
    absl::Duration timeout;
  };
  std::vector<OverdueJob> TakeOverdue();
  void OnPresumed(const OverdueJob& overdue, const absl::StatusOr<Job>& job);
  // The job that is no longer open is taken off the books; `ended`: by a sweep.
  void Erase(const std::string& job_id, bool ended) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  JobStore& store_;
  const Clock& clock_;
  const absl::Duration grace_;

  struct OpenEntry {
    absl::Duration timeout;
    absl::Duration due;
  };
  mutable absl::Mutex mutex_;
  std::unordered_map<std::string, OpenEntry> open_ ABSL_GUARDED_BY(mutex_);
  // The open jobs that the store is not being asked to end, by when they are due.
  std::set<std::pair<absl::Duration, std::string>> by_due_ ABSL_GUARDED_BY(mutex_);
  int in_store_ ABSL_GUARDED_BY(mutex_) = 0;
  // Of jobs without a timeout, see kNoTimeout: those that are open, and those that sweeps ended.
  int migrated_open_ ABSL_GUARDED_BY(mutex_) = 0;
  int migrated_ended_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Of jobs that the replaced system left IN_PROGRESS; every other job has a timeout above zero.
inline constexpr absl::Duration kNoTimeout = absl::ZeroDuration();

// One sweep ends as many jobs as one group commit takes without making owners wait for acks.
inline constexpr int kMaxJobsPerSweep = 500;

// A thread that sweeps once an interval until it is destroyed. Owned by main.
class SweepThread {
 public:
  SweepThread(Sweeper& sweeper, absl::Duration interval);
  ~SweepThread();
  SweepThread(const SweepThread&) = delete;
  SweepThread& operator=(const SweepThread&) = delete;

 private:
  StopFlag stop_;
  std::thread thread_;
};

}  // namespace tms::ledger
