#include "services/ledger/record_events_reactor.h"

#include <utility>

#include "common/base/status.h"
#include "common/rpc/status.h"
#include "services/ledger/proto_convert.h"

namespace tms::ledger {

RecordEventsReactor::Turn::Turn(RecordEventsReactor* reactor) : reactor_(*reactor) {
  reactor_.mutex_.Lock();
}

RecordEventsReactor::Turn::~Turn() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  std::optional<grpc::Status> end = reactor_.Proceed();
  reactor_.mutex_.Unlock();
  // Not under the lock: OnDone may delete the reactor, and the lock with it, at once.
  if (end) reactor_.Finish(*std::move(end));
}

RecordEventsReactor::RecordEventsReactor(Ledger& ledger, rpc::StreamHub& hub,
                                         const rpc::CallContext& call, absl::Status admitted)
    : ledger_(ledger), hub_(hub), correlation_id_(call.correlation_id), teller_(call.identity) {
  in_hub_ = admitted.ok() && hub_.Add(this);
  // Tells the other side at once that somebody listens.
  if (in_hub_) StartSendInitialMetadata();
  const Turn turn(this);
  if (!admitted.ok()) {
    EndWith(std::move(admitted));
  } else if (!in_hub_) {
    EndWith(MakeStatus(absl::StatusCode::kUnavailable, "DRAINING",
                       "the ledger is ending or has too many streams; try again later"));
  }
}

void RecordEventsReactor::OnReadDone(bool ok) {
  v1::JobEvent event;
  Ack ack;
  {
    const Turn turn(this);
    if (!ok) EndWith(absl::OkStatus());
    if (ending_) {
      reading_ = false;
      return;
    }
    event = std::move(*request_.mutable_event());
    ack.event_bytes = event.ByteSizeLong();
    ack.rows = 1 + static_cast<size_t>(event.started().cids_size());
    unacked_bytes_ += ack.event_bytes;
    unacked_rows_ += ack.rows;
    ++in_store_;
  }
  Record(event, std::move(ack));
  // Only now: the events of a stream are handed on in the order in which they were written.
  const Turn turn(this);
  reading_ = false;
}

void RecordEventsReactor::Record(const v1::JobEvent& event, Ack ack) {
  ack.response.set_job_id(event.job_id());
  ack.response.set_event_seq(event.event_seq());
  absl::StatusOr<OwnerEvent> converted = FromProto(event);
  if (!converted.ok()) {
    OnRecorded(std::move(ack), RecordResult{.verdict = Verdict::kInvalid,
                                            .detail = std::string(Message(converted.status()))});
    return;
  }
  converted->teller = teller_;
  ledger_.Record(*std::move(converted),
                 [this, ack = std::move(ack)](absl::StatusOr<RecordResult> result) mutable {
                   OnRecorded(std::move(ack), std::move(result));
                 });
}

void RecordEventsReactor::OnRecorded(Ack ack, absl::StatusOr<RecordResult> result) {
  if (result.ok()) {
    ack.response.set_verdict(static_cast<v1::RecordEventsResponse::Verdict>(result->verdict));
    ack.response.set_detail(result->detail);
    if (result->job) ToProto(*result->job, *ack.response.mutable_job());
  }
  const Turn turn(this);
  --in_store_;
  if (result.ok()) {
    acks_.push_back(std::move(ack));
  } else {
    unacked_bytes_ -= ack.event_bytes;
    unacked_rows_ -= ack.rows;
    EndWith(result.status());
  }
}

void RecordEventsReactor::OnWriteDone(bool ok) {
  const Turn turn(this);
  writing_ = false;
  unacked_bytes_ -= acks_.front().event_bytes;
  unacked_rows_ -= acks_.front().rows;
  acks_.pop_front();
  if (!ok) {
    acks_.clear();
    EndWith(absl::CancelledError());
  }
}

void RecordEventsReactor::OnCancel() {
  const Turn turn(this);
  // The first one is in gRPC's hands while it is being written.
  acks_.resize(writing_ ? 1 : 0);
  EndWith(absl::CancelledError());
}

void RecordEventsReactor::OnDone() {
  if (in_hub_) hub_.Remove(this);
  delete this;
}

void RecordEventsReactor::Drain() {
  const Turn turn(this);
  EndWith(MakeStatus(absl::StatusCode::kUnavailable, "DRAINING",
                     "the ledger is ending: send what was not acked again"));
}

void RecordEventsReactor::EndWith(absl::Status status) {
  if (ending_) return;
  ending_ = true;
  status_ = std::move(status);
}

std::optional<grpc::Status> RecordEventsReactor::Proceed() {
  if (finished_) return std::nullopt;
  if (!writing_ && !acks_.empty()) {
    writing_ = true;
    StartWrite(&acks_.front().response);
  }
  if (!ending_) {
    const bool full = in_store_ + acks_.size() >= kMaxUnackedEvents ||
                      unacked_bytes_ >= kMaxUnackedBytes || unacked_rows_ >= kMaxUnackedRows;
    if (!reading_ && !full) {
      reading_ = true;
      StartRead(&request_);
    }
    return std::nullopt;
  }
  if (in_store_ > 0 || !acks_.empty()) return std::nullopt;
  finished_ = true;
  return rpc::ToGrpc(status_, correlation_id_);
}

}  // namespace tms::ledger
