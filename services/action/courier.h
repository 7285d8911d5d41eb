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
  // The job as it now is; with DUPLICATE_OF and CONFLICT the earlier one. Nothing where only the
  // spool has the event.
  std::optional<ledger::v1::Job> job;
  std::string detail;
};

// How a start may be made durable.
struct StartTerms {
  // Clock::SinceBoot(): when it must be decided.
  absl::Duration deadline = absl::InfiniteDuration();
  // Whether the action may go ahead although the ledger has not said that its request_id is new.
  bool may_go_by_spool = true;
};

// Confined to one strand. Owned by main.
class Courier {
 public:
  virtual ~Courier() = default;

  // Resumes when the STARTED event is durable (verdict APPLIED or REPLAYED, in the ledger or in the
  // spool) or is an earlier one's twin or opposite (DUPLICATE_OF, CONFLICT), or was refused by the
  // ledger. Not OK: the cluster must not be called, and the courier sees to it that a job which the
  // ledger may have made ends NOT_CALLED. UNAVAILABLE (LEDGER_UNAVAILABLE): the ledger did not
  // decide in time. RESOURCE_EXHAUSTED (SPOOL_FULL): there is no room for the outcome, or for the
  // start.
  virtual boost::asio::awaitable<absl::StatusOr<Receipt>> Start(ledger::v1::JobEvent started,
                                                                StartTerms terms) = 0;

  // Resumes when the FINISHED event of a job is durable, however long that takes, or was refused by
  // the ledger and set aside. Only for a job whose Start came back APPLIED or REPLAYED, and once.
  virtual boost::asio::awaitable<Receipt> Finish(ledger::v1::JobEvent finished) = 0;

  // Waits until nothing is left that only memory holds, and as long as the ledger takes what is in
  // the spool, at most until `deadline`. Returns how many events only memory holds.
  virtual boost::asio::awaitable<size_t> Flush(absl::Duration deadline) = 0;
};

}  // namespace tms::action
