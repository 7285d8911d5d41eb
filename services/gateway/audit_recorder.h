// Sends audit records to the ledger.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "services/gateway/audit.h"

namespace tms::gateway {

struct Services;

// Best effort: what the ledger can't take now waits in memory, up to a bound, and is lost with the
// process. Failures that anybody can cause (failed logins, denials) are summed up beyond a few a
// minute, so that a flood fills no disk. Owned by main; outlives the server.
class AuditRecorder final : public AuditSink {
 public:
  struct Limits {
    size_t max_waiting = 1'000;
    // Of each kind of failure.
    int failures_a_minute = 20;
    absl::Duration first_retry = absl::Seconds(1);
    absl::Duration longest_retry = absl::Seconds(30);
  };

  AuditRecorder(Services& services, boost::asio::any_io_executor executor, const Limits& limits,
                const Clock& clock = SystemClock());

  void Record(tms::ledger::v1::AuditRecord record) override;

  struct Counts {
    size_t waiting = 0;
    size_t lost = 0;  // since the process began
  };
  Counts counts() const;

  // Sends until Stop; runs on an executor's thread.
  boost::asio::awaitable<void> Run();
  // Lets Run send what waits and what has been summed up, without a second try, and return.
  void Stop();

 private:
  struct Window {
    absl::Duration began;
    int recorded = 0;
    int left_out = 0;
  };

  // False if the record is only counted.
  bool Admit(const tms::ledger::v1::AuditRecord& record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Of windows that began at least `age` ago.
  void SumUp(absl::Duration age) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Push(tms::ledger::v1::AuditRecord record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<tms::ledger::v1::AuditRecord> Front();
  void Pop();
  bool stopping() const;
  // Whether the record needs no further try.
  boost::asio::awaitable<bool> Send(tms::ledger::v1::AuditRecord record);
  boost::asio::awaitable<void> Wait(absl::Duration limit);
  void Wake();

  Services& services_;
  const Limits limits_;
  const Clock& clock_;
  boost::asio::strand<boost::asio::any_io_executor> strand_;
  boost::asio::steady_timer timer_;  // on the strand
  mutable absl::Mutex mutex_;
  std::deque<tms::ledger::v1::AuditRecord> queue_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Window> windows_ ABSL_GUARDED_BY(mutex_);  // by action
  size_t lost_ ABSL_GUARDED_BY(mutex_) = 0;                        // and not yet said
  size_t all_lost_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace tms::gateway
