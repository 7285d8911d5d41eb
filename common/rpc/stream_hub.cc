#include "common/rpc/stream_hub.h"

namespace tms::rpc {

bool StreamHub::Add(HubStream* stream) {
  absl::MutexLock lock(&mutex_);
  if (draining_ || streams_.size() >= max_streams_) return false;
  streams_.insert(stream);
  return true;
}

void StreamHub::Remove(HubStream* stream) {
  absl::MutexLock lock(&mutex_);
  streams_.erase(stream);
  if (draining_ && streams_.empty()) drained_.Set();
}

void StreamHub::WakeAll() {
  absl::MutexLock lock(&mutex_);
  for (HubStream* stream : streams_) stream->Wake();
}

bool StreamHub::Drain(absl::Duration limit) {
  {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
    for (HubStream* stream : streams_) stream->Drain();
    if (streams_.empty()) drained_.Set();
  }
  drained_.WaitFor(limit);
  // Once the lock is ours, whoever set the flag has left the hub, which may then be destroyed.
  absl::MutexLock lock(&mutex_);
  return streams_.empty();
}

}  // namespace tms::rpc
