// Keeps track of a server's live streams, so that a drain can tell each one to end and wait.
#pragma once

#include <unordered_set>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/stop_flag.h"

namespace tms::rpc {

// A reactor of a stream. Its class adds it to the hub when the stream begins and removes it in
// OnDone, before it deletes itself.
class HubStream {
 public:
  // Asks the stream to end soon. Called under the hub's lock: it must not block, call the hub or
  // finish synchronously in a way that runs OnDone (gRPC never runs OnDone inside Finish).
  virtual void Drain() = 0;

  // Asks the stream to look whether there is something to do, under the same rules.
  virtual void Wake() {}

 protected:
  ~HubStream() = default;
};

// Thread-safe. Owned by the service; outlives its streams.
class StreamHub {
 public:
  // `max_streams` bounds how many live at a time.
  explicit StreamHub(size_t max_streams) : max_streams_(max_streams) {}

  // False if the hub drains or is full: the stream must finish at once and is not kept.
  [[nodiscard]] bool Add(HubStream* stream);
  void Remove(HubStream* stream);

  // Wakes each live stream.
  void WakeAll();

  // Refuses new streams, tells each live one to end, waits until all are gone or `limit` has
  // passed. Returns whether all are gone.
  bool Drain(absl::Duration limit);

 private:
  const size_t max_streams_;
  absl::Mutex mutex_;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::unordered_set<HubStream*> streams_ ABSL_GUARDED_BY(mutex_);
  StopFlag drained_;
};

}  // namespace tms::rpc
