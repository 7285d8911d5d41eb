// Events for tests of the spool and of what delivers it.
#pragma once

#include <memory>
#include <string>

#include "services/action/spool/spool.h"

namespace tms::action {

inline EventMessage MakeStart(const std::string& job_id, const std::string& request_id = "",
                              bool spooled = true, size_t cid_bytes = 7) {
  auto message = std::make_shared<ledger::v1::RecordEventsRequest>();
  auto& event = *message->mutable_event();
  event.set_job_id(job_id);
  event.set_event_seq(1);
  event.set_owner("owner-1");
  event.mutable_started()->set_user_id("ada");
  event.mutable_started()->set_request_id(request_id);
  event.mutable_started()->set_spooled(spooled);
  event.mutable_started()->add_cids(std::string(cid_bytes, '7'));
  return message;
}

inline EventMessage MakeFinish(const std::string& job_id,
                               ledger::v1::Job::Status status = ledger::v1::Job::SUCCESS) {
  auto message = std::make_shared<ledger::v1::RecordEventsRequest>();
  auto& event = *message->mutable_event();
  event.set_job_id(job_id);
  event.set_event_seq(2);
  event.set_owner("owner-1");
  event.mutable_finished()->set_status(status);
  return message;
}

inline EventMessage MakeNotCalled(const std::string& job_id) {
  auto message = std::make_shared<ledger::v1::RecordEventsRequest>(
      *MakeFinish(job_id, ledger::v1::Job::FAILED));
  message->mutable_event()->mutable_finished()->set_failure_reason(ledger::v1::Job::NOT_CALLED);
  return message;
}

}  // namespace tms::action
