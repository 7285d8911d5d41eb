// The one thread that writes to a database.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "common/sqlite/connection.h"

namespace tms::sqlite {

// One write that is done or not done as a whole. Both functions are called on the writer's thread,
// must not block, and must not throw.
class WriteItem {
 public:
  virtual ~WriteItem() = default;

  // Roughly the number of rows that Apply writes: what queue and groups are measured in.
  virtual size_t weight() const { return 1; }

  // Anything but OK undoes what this item wrote, and nothing else. May be called a second time,
  // after all that the first one did was undone.
  virtual absl::Status Apply(Connection& connection) = 0;

  // Called exactly once, after the commit or failure that decided the item, or with UNAVAILABLE if
  // it was not tried.
  virtual void Finish(const absl::Status& status) = 0;
};

// What the owner adds to each group. Called on the writer's thread.
class GroupHook {
 public:
  virtual ~GroupHook() = default;
  // Runs inside the transaction, after the last item; anything but OK undoes the whole group.
  virtual absl::Status BeforeCommit(Connection& connection) = 0;
  // The group is on disk / was undone, or nobody knows.
  virtual void AfterCommit() = 0;
  virtual void AfterRollback() = 0;
};

// Owns the connection that does every write and every checkpoint. All that waits goes into one
// transaction, so one sync of the disk serves many. Thread-safe.
//
// A group whose COMMIT failed may still be on disk after a restart. Nobody of it is acked, and the
// writer writes no more: every later item gets UNAVAILABLE until the process starts anew. A full
// disk or a foreign lock only costs the group; the next one is tried.
class GroupCommitWriter {
 public:
  struct Options {
    // Bounds of what waits and of what one transaction takes, in weights; an item that is heavier
    // by itself is taken alone. They bound memory and how long an ack may be held up by others.
    size_t max_queue_weight = 200'000;
    size_t max_group_weight = 20'000;
    // Items of one transaction: beyond this, a larger group gains almost nothing.
    size_t max_group_items = 512;
    // WAL frames (4 KiB) after which a checkpoint is tried: 16 MiB.
    int checkpoint_frames = 4'000;
    GroupHook* hook = nullptr;
    // Called after each group with how it ended, before its items hear of it.
    std::function<void(const absl::Status&)> on_group;
    // Called once, when the writer has stopped writing for good; the process should end.
    std::function<void(const absl::Status&)> on_failure;
  };

  // `connection` has been set up with SetUpWriter.
  GroupCommitWriter(std::unique_ptr<Connection> connection, Options options);
  // Writes what waits, then ends the thread.
  ~GroupCommitWriter();

  // Never blocks. Items are applied in the order of these calls. Over the queue's bound the item's
  // Finish is called with UNAVAILABLE, in its turn, without Apply.
  void Submit(std::unique_ptr<WriteItem> item);

 private:
  struct Entry {
    std::unique_ptr<WriteItem> item;
    size_t weight = 0;
    absl::Status status;
    bool refused = false;  // never applied: the queue was full
  };
  using Group = std::vector<Entry>;

  void Run();
  // Waits for work; empty when it is time to end.
  Group TakeGroup();
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !queue_.empty();
  }
  void WriteGroup(Group& group);
  absl::Status TryGroup(Group& group);
  // These return errors that concern the whole group; an item's own is in its entry.
  absl::Status ApplyTogether(Group& group, bool& clean);
  absl::Status ApplyApart(Group& group);
  bool ConcernsGroup(const absl::Status& status) const;
  void Undo();
  void Break(const absl::Status& status);
  void MaybeCheckpoint();

  const Options options_;

  // Of the writer's thread alone.
  std::unique_ptr<Connection> connection_;
  absl::Status broken_;
  int next_checkpoint_frames_;

  absl::Mutex mutex_;
  std::deque<Entry> queue_ ABSL_GUARDED_BY(mutex_);
  size_t queue_weight_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace tms::sqlite
