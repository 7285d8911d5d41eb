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
}

bool StreamHub::Drain(absl::Duration limit) {
  absl::MutexLock lock(&mutex_);
  draining_ = true;
  for (HubStream* stream : streams_) stream->Drain();
  const auto empty = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return streams_.empty(); };
  return mutex_.AwaitWithTimeout(absl::Condition(&empty), limit);
}

}  // namespace tms::rpc
