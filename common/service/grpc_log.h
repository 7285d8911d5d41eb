// gRPC's own log lines, which else go raw to stderr.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/time/time.h"

namespace tms {

// Lets pass so many lines in each minute; somebody who knocks in vain can't fill the log. Used by
// one thread at a time.
class LineLimit {
 public:
  static constexpr int kLinesAMinute = 20;

  // `now` counts since boot. Nothing if the line must go; else how many have gone since the last
  // one that passed.
  std::optional<int64_t> Pass(absl::Duration now);

 private:
  absl::Duration window_begin_ = -absl::InfiniteDuration();
  int passed_ = 0;
  int64_t gone_ = 0;
};

// From now on gRPC's errors are lines of ours (`[GRPC] event=grpc`), as warnings, since most tell
// of a peer; its last words before it aborts are errors. What it says below that stays off whatever
// GRPC_VERBOSITY and GRPC_TRACE ask for: there it prints messages as they are sent, tokens
// included. Once, after the logging is set up and before the first use of gRPC.
void RouteGrpcLog();

}  // namespace tms
