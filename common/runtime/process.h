// How a process begins and ends. SIGTERM and SIGINT are taken by one waiting thread, never by a
// handler.
#pragma once

#include <memory>

#include "absl/time/time.h"

namespace tms {

// Makes this process one of ours. Call it first in main, before any thread exists:
//  * SIGTERM and SIGINT are blocked for this thread and all that it starts later, SIGPIPE ignored;
//  * new files are nobody's but the owner's and the group's to read;
//  * no core dump is written, which would hold bearer tokens;
//  * as many file descriptors may be open as the system allows;
//  * timed waits of abseil and gRPC do not follow the wall clock (steady_waits.h).
void BeginProcess();

// Waits for SIGTERM or SIGINT and returns its number. Called by main's thread only.
int WaitForTermination();

// Makes WaitForTermination return as if SIGTERM had come. Thread-safe.
void RequestTermination();

// Ends the process with `_exit(exit_code)` unless this is destroyed within `limit`: the last resort
// when an orderly drain hangs.
class Watchdog {
 public:
  Watchdog(absl::Duration limit, int exit_code);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tms
