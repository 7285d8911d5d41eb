// One RecordEvents stream: events in, acks out after they are durable.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <deque>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/call_context.h"
#include "common/rpc/stream_hub.h"
#include "services/ledger/ledger.h"
#include "tms/ledger/v1/ledger.pb.h"

namespace tms::ledger {

// What one stream may have without an ack; at one of them, the ledger stops reading it. Together
// with one message being read they bound a stream's memory.
inline constexpr size_t kMaxUnackedEvents = 1'024;
inline constexpr size_t kMaxUnackedBytes = 16 << 20;
// As many rows as the heaviest start has: one stream never has more than two such starts before
// others' events.
inline constexpr size_t kMaxUnackedRows = 50'000;

// Made for one stream, deletes itself in OnDone. gRPC's threads, the store's thread and a drain
// call it at the same time.
//
// It finishes exactly once, and only when nothing is in the store and no ack is left to be written:
// so no callback of the store can meet a reactor that is gone. On a drain, or when the store fails
// to take an event, it stops reading, lets the acks out that are still to come, and ends
// UNAVAILABLE.
class RecordEventsReactor final
    : public grpc::ServerBidiReactor<v1::RecordEventsRequest, v1::RecordEventsResponse>,
      private rpc::HubStream {
 public:
  // A stream that was not `admitted` ends with that status.
  RecordEventsReactor(Ledger& ledger, rpc::StreamHub& hub, const rpc::CallContext& call,
                      absl::Status admitted);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  struct Ack {
    v1::RecordEventsResponse response;
    size_t event_bytes = 0;
    size_t rows = 0;
  };

  ~RecordEventsReactor() override = default;

  void Drain() override;
  // Hands the event just read to the ledger.
  void Record(const v1::JobEvent& event, Ack ack);
  void OnRecorded(Ack ack, absl::StatusOr<RecordResult> result);
  // Takes no more events and ends with `status` once all acks are out; an earlier status stays.
  void EndWith(absl::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Starts whatever can be started now: a read, a write. Returns the status to finish with if this
  // is the end.
  std::optional<grpc::Status> Proceed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Holds the lock for one change of the state; when it goes, it proceeds, unlocks and, if this is
  // the end, finishes: the reactor may then be gone, unless a reaction of gRPC is the caller.
  class ABSL_SCOPED_LOCKABLE Turn {
   public:
    explicit Turn(RecordEventsReactor* reactor) ABSL_EXCLUSIVE_LOCK_FUNCTION(reactor->mutex_);
    ~Turn() ABSL_UNLOCK_FUNCTION();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    RecordEventsReactor& reactor_;
  };

  Ledger& ledger_;
  rpc::StreamHub& hub_;
  const std::string correlation_id_;
  const std::string teller_;  // whose certificate it is
  bool in_hub_ = false;
  // Belongs to gRPC while a read is under way.
  v1::RecordEventsRequest request_;

  absl::Mutex mutex_;
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  // No event is taken any more; `status_` is how the stream will end.
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  size_t in_store_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t unacked_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t unacked_rows_ ABSL_GUARDED_BY(mutex_) = 0;
  // Acks to be written; the first belongs to gRPC while `writing_`.
  std::deque<Ack> acks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tms::ledger
