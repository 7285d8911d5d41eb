// One Set Action on its way.
#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/action/cluster_client.h"
#include "services/action/courier.h"
#include "services/action/event.h"
#include "services/action/request_validation.h"
#include "services/action/slots.h"

namespace tms::action {

// What a caller is told about its action.
struct ActionAnswer {
  ledger::v1::Job job;
  // The job is that of an earlier request.
  bool deduplicated = false;
  RecordedIn recorded_in = v1::SetActionResponse::RECORDED_IN_UNSPECIFIED;
  // As the cluster sent it; only for the request that made the call.
  std::string response_body;
};

// Shared by the coroutine that carries the action out and by the callers that wait for it. Confined
// to the executor's strand.
struct ActionRun {
  ActionRequest request;  // without token and cids once the call was made
  Slot slot;
  std::string job_id;
  size_t cid_count = 0;
  // Clock::SinceBoot(): when it began, when the call's time is over, when its caller must be told.
  absl::Duration began;
  absl::Duration deadline;
  absl::Duration answer_by;

  Event started;         // its job exists, or it has ended
  Event ended;           // its outcome is durable, or `failure` says why there is none
  absl::Status failure;  // not OK: the cluster was not called
  ActionAnswer answer;
  int waiting_for_end = 0;

  // user_id and request_id: what others join it by.
  std::pair<std::string, std::string> key() const { return {request.user_id, request.request_id}; }

  // Moves the token and the cids out.
  ClusterCall MakeCall();

  void LogStart() const;
  void LogOutcome(const ledger::v1::JobFinished& finished, absl::Duration elapsed) const;
};

}  // namespace tms::action
