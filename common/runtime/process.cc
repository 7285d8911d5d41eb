#include "common/runtime/process.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "common/base/stop_flag.h"
#include "common/runtime/logging.h"
#include "common/runtime/steady_waits.h"

namespace tms {
namespace {

sigset_t TerminationSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

void RaiseFileLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void ForbidCoreDumps() {
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  setrlimit(RLIMIT_CORE, &none);
}

}  // namespace

void BeginProcess() {
  const sigset_t signals = TerminationSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  umask(S_IWGRP | S_IRWXO);
  ForbidCoreDumps();
  RaiseFileLimit();
  LinkSteadyWaits();
}

int WaitForTermination() {
  const sigset_t signals = TerminationSignals();
  int signal_number = 0;
  while (sigwait(&signals, &signal_number) != 0) {
  }
  return signal_number;
}

void RequestTermination() { kill(getpid(), SIGTERM); }

struct Watchdog::State {
  StopFlag done;
  std::thread thread;
};

Watchdog::Watchdog(absl::Duration limit, int exit_code) : state_(std::make_unique<State>()) {
  state_->thread = std::thread([state = state_.get(), limit, exit_code] {
    if (state->done.WaitFor(limit)) return;
    log::Error("MAIN", "drain_limit_exceeded");
    _exit(exit_code);
  });
}

Watchdog::~Watchdog() {
  state_->done.Set();
  state_->thread.join();
}

}  // namespace tms
