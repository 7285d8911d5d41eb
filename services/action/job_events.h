// The events that the ActionService tells the ledger.
#pragma once

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "services/action/request_validation.h"
#include "tms/ledger/v1/job.pb.h"

namespace tms::action {

// Who tells them.
struct Owner {
  std::string id;
  int64_t incarnation = 0;
};

// A job's first event: that `request` begins.
ledger::v1::JobEvent StartedEvent(const Owner& owner, const std::string& job_id,
                                  const ActionRequest& request, absl::Time now);

// Its second and last: how it ended.
ledger::v1::JobEvent FinishedEvent(const Owner& owner, const std::string& job_id,
                                   ledger::v1::JobFinished finished, absl::Time now);

// The outcome of a job that was given up before the first byte was sent.
ledger::v1::JobFinished NotCalled(std::string_view why);

// The same as the event that follows `started`.
ledger::v1::JobEvent NotCalledEvent(const ledger::v1::JobEvent& started, std::string_view why,
                                    absl::Time now);

// The job as STARTED makes it, for callers that are answered before the ledger has it: without
// what only the ledger gives (number, etag).
ledger::v1::Job JobOf(const ledger::v1::JobEvent& started);

// What FINISHED makes of it.
void ApplyOutcome(const ledger::v1::JobEvent& finished, ledger::v1::Job& job);

}  // namespace tms::action
