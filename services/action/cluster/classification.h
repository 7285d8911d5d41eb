// What happened on a call, and what that means: the classification table of the design.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "tms/ledger/v1/job.pb.h"

namespace tms::action {

// How a call ended. Together with what had happened before (bytes written, an answer's headers)
// this selects the row of the table.
enum class Ending {
  // We did not send the request, though we might have.
  kGivenUp,
  // The deadline passed.
  kTimedOut,
  // Name lookup, connection, TLS or HTTP failed, at any moment.
  kBroken,
  // The body of the answer is larger than the cluster may send; the rest was not read.
  kBodyTooLarge,
  // The answer is complete.
  kComplete,
};

// An answer whose status line and headers were complete. Its status is 101 or 200 to 999.
struct Answer {
  int status = 0;
  std::string reason_phrase;
  // What came of it, as it came; at most the cluster's max_response_bytes.
  std::string body;
};

struct CallFacts {
  Ending ending = Ending::kBroken;
  // What failed, for people, where `ending` is kGivenUp or kBroken. Made by us, without anything
  // that the cluster sent.
  std::string detail;
  // Whether a byte of the request was handed to the operating system.
  bool request_bytes_written = false;
  std::optional<Answer> answer;
  // The effective total timeout.
  absl::Duration timeout;
  absl::Duration elapsed;
};

// The first row of the table that matches. `bearer_token` is what the texts are kept free of.
tms::ledger::v1::JobFinished Classify(const CallFacts& facts, std::string_view bearer_token);

}  // namespace tms::action
