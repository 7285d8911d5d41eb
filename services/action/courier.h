// The one way for events to the ledger.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tms/action/v1/action.pb.h"
#include "tms/ledger/v1/ledger.pb.h"

namespace tms::action {

using RecordedIn = v1::SetActionResponse::RecordedIn;
using Verdict = ledger::v1::RecordEventsResponse::Verdict;

// What became of an event.
struct Receipt {
  Verdict verdict = ledger::v1::RecordEventsResponse::VERDICT_UNSPECIFIED;
  // Where the event is durable; unspecified if it was not taken.
  RecordedIn recorded_in = v1::SetActionResponse::RECORDED_IN_UNSPECIFIED;
  // The job as it now is; with DUPLICATE_OF and CONFLICT the earlier one. Nothing where the ledger
  // has not said.
  std::optional<ledger::v1::Job> job;
  std::string detail;
};

// Confined to one strand. Owned by main.
class Courier {
 public:
  virtual ~Courier() = default;

  // Resumes when the STARTED event is durable or the ledger has refused it: the verdict says which.
  // UNAVAILABLE (LEDGER_UNAVAILABLE): neither came in time, which is never later than `deadline`
  // (Clock::SinceBoot()). The cluster must then not be called, and the courier sees to it that a
  // job which the ledger may have made ends NOT_CALLED.
  virtual boost::asio::awaitable<absl::StatusOr<Receipt>> Start(ledger::v1::JobEvent started,
                                                                absl::Duration deadline) = 0;

  // Resumes when the FINISHED event of a job is durable, however long that takes, or can never be
  // taken (verdict INVALID or UNKNOWN_JOB; it is then logged). Only for a job whose Start came
  // back APPLIED or REPLAYED, and once.
  virtual boost::asio::awaitable<Receipt> Finish(ledger::v1::JobEvent finished) = 0;

  // Waits until nothing is left to be delivered, at most until `deadline`. Returns how many events
  // are left.
  virtual boost::asio::awaitable<size_t> Flush(absl::Duration deadline) = 0;
};

}  // namespace tms::action
