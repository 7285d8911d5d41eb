// How a process ends: SIGTERM and SIGINT are taken by one waiting thread, never by a handler.
#pragma once

#include <memory>

#include "absl/time/time.h"

namespace tms {

// Blocks SIGTERM and SIGINT for this thread and all that it starts later, ignores SIGPIPE. Call it
// first in main, before any thread exists.
void BlockTerminationSignals();

// Waits for SIGTERM or SIGINT and returns its number. Called by main's thread only.
int WaitForTermination();

// Makes WaitForTermination return as if SIGTERM had come. Thread-safe.
void RequestTermination();

// Raises the soft limit of file descriptors to the hard one; returns it.
long RaiseFileLimit();

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
