#include "tests/bench/bench_store.h"

#include <utility>

#include "absl/synchronization/mutex.h"
#include "common/base/clock.h"
#include "tests/bench/meter.h"

namespace tms::ledger {
namespace {

// Counts what is in flight and holds the sender at the bound.
class Window {
 public:
  explicit Window(int bound) : bound_(bound) {}

  void Enter() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &Window::HasRoom));
    ++in_flight_;
  }
  void Leave() {
    absl::MutexLock lock(&mutex_);
    --in_flight_;
  }
  void WaitUntilEmpty() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &Window::IsEmpty));
  }

 private:
  bool HasRoom() const { return in_flight_ < bound_; }
  bool IsEmpty() const { return in_flight_ == 0; }

  absl::Mutex mutex_;
  const int bound_;
  int in_flight_ = 0;
};

}  // namespace

std::unique_ptr<SqliteJobStore> OpenStore(const std::string& path) {
  auto store = SqliteJobStore::Open({.path = path}, SystemClock());
  Check(store.status());
  return *std::move(store);
}

void RecordAll(JobStore& store, std::vector<OwnerEvent> events, int in_flight) {
  Window window(in_flight);
  for (OwnerEvent& event : events) {
    window.Enter();
    store.Record(std::move(event), [&](const absl::StatusOr<RecordResult>& result) {
      Check(result.status());
      if (result->verdict != Verdict::kApplied) Die(result->detail);
      window.Leave();
    });
  }
  window.WaitUntilEmpty();
}

}  // namespace tms::ledger
