// What Prometheus may know of the gateway.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/rpc/channel.h"

namespace prometheus {
class Counter;
class Histogram;
class Registry;
template <typename T>
class Family;
}  // namespace prometheus

namespace tms::gateway {

// What is at this moment.
struct Levels {
  size_t sessions = 0;
  size_t watches = 0;
  size_t exports = 0;
  size_t audit_waiting = 0;
  size_t audit_lost = 0;  // since the process began; never falls
};

enum class LoginResult { kOk, kFailed, kThrottled, kBusy };

// Counters of what has happened since the process began. Labels are names of ours only: routes,
// RPCs, codes; so there are few, and none says who did what to whom. Thread-safe. Owned by main,
// outlives what counts.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // `method` and `route` are those of the table, or `-`. `elapsed` ends where the answer begins.
  void CountRequest(std::string_view method, std::string_view route, int status,
                    absl::Duration elapsed);
  void CountLogin(LoginResult result);
  void CountExportRows(size_t rows);
  // Has every failed call of a channel counted.
  rpc::Interceptors CountFailures();

  // In Prometheus's text form.
  std::string Text(const Levels& levels);

 private:
  std::unique_ptr<prometheus::Registry> registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& seconds_;
  prometheus::Family<prometheus::Counter>& logins_;
  prometheus::Counter& export_rows_;
  prometheus::Family<prometheus::Counter>& failures_;
  absl::Mutex audit_mutex_;
  prometheus::Counter& audit_lost_ ABSL_GUARDED_BY(audit_mutex_);
};

}  // namespace tms::gateway
