// One WatchJobs stream: what has changed since the watcher's position, then what changes.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <deque>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/work_pool.h"
#include "common/rpc/stream_hub.h"
#include "services/ledger/change_source.h"
#include "tms/ledger/v1/ledger.pb.h"

namespace tms::ledger {

struct WatchLimits {
  // A response goes out at least so often, a bookmark if there is nothing else.
  absl::Duration heartbeat = absl::Seconds(15);
  // A response that the watcher has not taken for so long ends the stream.
  absl::Duration stall = absl::Seconds(30);
  // Streams at a time.
  int max_watchers = 256;
};

// What all streams share; outlives them.
struct WatchParts {
  ChangeSource& changes;
  rpc::StreamHub& hub;
  // Runs what reads the disk.
  WorkPool& pool;
  const Clock& clock;
  const WatchLimits& limits;
};

// Made for one stream, deletes itself in OnDone. gRPC's threads, a thread of the pool, the hub's
// waking thread and a drain call it at the same time.
//
// It holds one response that is being written and at most one batch from the store, so a watcher
// that reads slowly takes no more memory than one that is fast, and never a read transaction. It
// finishes exactly once, and never while a task of the pool holds it.
class WatchJobsReactor final : public grpc::ServerWriteReactor<v1::WatchJobsResponse>,
                               private rpc::HubStream {
 public:
  // `filter` is what the caller may see and wants to.
  WatchJobsReactor(const WatchParts& parts, grpc::CallbackServerContext& context,
                   std::string correlation_id, absl::StatusOr<JobFilter> filter,
                   const std::string& resume_token);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  ~WatchJobsReactor() override = default;

  void Drain() override;
  // Looks for new changes, and at the time.
  void Wake() override;

  absl::Status Begin(const absl::StatusOr<JobFilter>& filter, const std::string& resume_token)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndWith(absl::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Starts what can be started now; the status to finish with if this is the end.
  std::optional<grpc::Status> Proceed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Of Proceed, while the stream goes on and nothing is under way.
  void StartNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // A change, or a bookmark if `job` is null.
  void Write(const Job* job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // On the pool: is the position one of our history, what has changed behind it.
  void StartTask(void (WatchJobsReactor::*task)()) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ProvePosition();
  void ReadBatch();

  // Holds the lock for one change of the state; when it goes, it proceeds, unlocks and, if this is
  // the end, finishes: the reactor may then be gone, unless a reaction of gRPC is the caller.
  class ABSL_SCOPED_LOCKABLE Turn {
   public:
    explicit Turn(WatchJobsReactor* reactor) ABSL_EXCLUSIVE_LOCK_FUNCTION(reactor->mutex_);
    ~Turn() ABSL_UNLOCK_FUNCTION();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    WatchJobsReactor& reactor_;
  };

  const WatchParts parts_;
  grpc::CallbackServerContext& context_;
  const std::string correlation_id_;
  bool in_hub_ = false;
  // Belongs to gRPC while a write is under way.
  v1::WatchJobsResponse response_;

  absl::Mutex mutex_;
  JobFilter filter_ ABSL_GUARDED_BY(mutex_);
  // All up to here was written, or is not for this watcher.
  HistoryPosition position_ ABSL_GUARDED_BY(mutex_);
  bool unproven_ ABSL_GUARDED_BY(mutex_) = false;
  bool began_ ABSL_GUARDED_BY(mutex_) = false;  // the first bookmark is out
  // From the store, and how far it reaches.
  std::deque<JobChange> batch_ ABSL_GUARDED_BY(mutex_);
  HistoryPosition batch_end_ ABSL_GUARDED_BY(mutex_);
  bool in_pool_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Duration last_write_ ABSL_GUARDED_BY(mutex_);  // when it began, since boot
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Duration finished_at_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tms::ledger
