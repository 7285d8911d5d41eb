#include "services/action/receipts.h"

#include <memory>
#include <utility>

namespace tms::action {

using ledger::v1::JobEvent;
using ledger::v1::RecordEventsRequest;
using ledger::v1::RecordEventsResponse;

EventMessage ToMessage(JobEvent event) {
  auto message = std::make_shared<RecordEventsRequest>();
  *message->mutable_event() = std::move(event);
  return message;
}

bool IsStored(Verdict verdict) {
  return verdict == RecordEventsResponse::APPLIED || verdict == RecordEventsResponse::REPLAYED;
}

Receipt ToReceipt(RecordEventsResponse ack) {
  Receipt receipt;
  receipt.verdict = ack.verdict();
  receipt.detail = ack.detail();
  if (ack.has_job()) receipt.job = std::move(*ack.mutable_job());
  // A rejected event is kept in the job's history.
  if (IsStored(receipt.verdict) || receipt.verdict == RecordEventsResponse::REJECTED) {
    receipt.recorded_in = v1::SetActionResponse::LEDGER;
  }
  return receipt;
}

Receipt InSpool() {
  return {.verdict = RecordEventsResponse::APPLIED, .recorded_in = v1::SetActionResponse::SPOOL};
}

int64_t StartCost(const EventMessage& started) {
  return SpoolCost(started->event().ByteSizeLong());
}

}  // namespace tms::action
