#include "services/ledger/sweeper.h"

#include "common/base/status.h"
#include "common/base/time_text.h"
#include "common/runtime/logging.h"

namespace tms::ledger {
namespace {

std::string MessageFor(absl::Duration timeout, absl::Duration grace) {
  if (timeout == kNoTimeout) {
    return "the replaced system left it IN_PROGRESS: the outcome is unknown, check the cluster "
           "before repeating the action";
  }
  return "no outcome was reported in time (timeout " + FormatSeconds(timeout) + ", grace " +
         FormatSeconds(grace) +
         "): the outcome is unknown, check the cluster before repeating the action";
}

}  // namespace

Sweeper::~Sweeper() {
  const auto idle = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return in_store_ == 0; };
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(&idle));
}

absl::Status Sweeper::LoadOpenJobs() {
  TMS_ASSIGN_OR_RETURN(const std::vector<OpenJob> jobs, store_.ListOpenJobs());
  const absl::Duration now = clock_.SinceBoot();
  for (const OpenJob& job : jobs) Watch(job.job_id, job.timeout, now);
  return absl::OkStatus();
}

void Sweeper::Watch(const std::string& job_id, absl::Duration timeout, absl::Duration received_at) {
  const absl::Duration due = received_at + timeout + grace_;
  absl::MutexLock lock(&mutex_);
  if (!open_.try_emplace(job_id, OpenEntry{timeout, due}).second) return;
  by_due_.emplace(due, job_id);
  if (timeout == kNoTimeout) ++migrated_open_;
}

void Sweeper::Forget(const std::string& job_id) {
  absl::MutexLock lock(&mutex_);
  const auto found = open_.find(job_id);
  if (found == open_.end()) return;
  by_due_.erase({found->second.due, job_id});
  Erase(job_id, /*ended=*/false);
}

void Sweeper::Erase(const std::string& job_id, bool ended) {
  const auto found = open_.find(job_id);
  const bool migrated = found->second.timeout == kNoTimeout;
  open_.erase(found);
  if (!migrated) return;
  if (ended) ++migrated_ended_;
  // There may be very many of them, all at once: one line for all.
  if (--migrated_open_ > 0 || migrated_ended_ == 0) return;
  log::Warning("JOBS", "migrated_jobs_interrupted", {{"jobs", migrated_ended_}});
  migrated_ended_ = 0;
}

bool Sweeper::IsOverdue(const std::string& job_id) const {
  const absl::Duration now = clock_.SinceBoot();
  absl::MutexLock lock(&mutex_);
  const auto found = open_.find(job_id);
  return found != open_.end() && found->second.due <= now;
}

int Sweeper::Sweep() {
  const std::vector<OverdueJob> overdue = TakeOverdue();
  for (const OverdueJob& job : overdue) {
    store_.Presume(job.job_id, MessageFor(job.timeout, grace_),
                   [this, job](const absl::StatusOr<Job>& ended) { OnPresumed(job, ended); });
  }
  return static_cast<int>(overdue.size());
}

std::vector<Sweeper::OverdueJob> Sweeper::TakeOverdue() {
  const absl::Duration now = clock_.SinceBoot();
  std::vector<OverdueJob> overdue;
  absl::MutexLock lock(&mutex_);
  while (!by_due_.empty() && by_due_.begin()->first <= now && overdue.size() < kMaxJobsPerSweep) {
    const std::string& job_id = by_due_.begin()->second;
    overdue.push_back({job_id, open_.at(job_id).timeout});
    by_due_.erase(by_due_.begin());
  }
  in_store_ += static_cast<int>(overdue.size());
  return overdue;
}

void Sweeper::OnPresumed(const OverdueJob& overdue, const absl::StatusOr<Job>& job) {
  const std::string& job_id = overdue.job_id;
  const bool presumed = job.ok() && job->outcome.source == OutcomeSource::kPresumed;
  if (presumed && overdue.timeout != kNoTimeout) {
    log::Warning("JOBS", "job_interrupted",
                 {{"job_id", job_id}, {"user", job->user_id}, {"cluster", job->cluster}});
  } else if (!job.ok()) {
    log::Warning("JOBS", "presume_failed", {{"job_id", job_id}, {"error", Message(job.status())}});
  }
  absl::MutexLock lock(&mutex_);
  --in_store_;
  const auto found = open_.find(job_id);
  if (found == open_.end()) return;
  if (job.ok() || absl::IsNotFound(job.status())) {
    Erase(job_id, presumed);
  } else {
    by_due_.emplace(found->second.due, job_id);
  }
}

SweepThread::SweepThread(Sweeper& sweeper, absl::Duration interval)
    : thread_([this, &sweeper, interval] {
        while (!stop_.WaitFor(interval)) sweeper.Sweep();
      }) {}

SweepThread::~SweepThread() {
  stop_.Set();
  thread_.join();
}

}  // namespace tms::ledger
