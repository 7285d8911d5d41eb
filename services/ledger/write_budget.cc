#include "services/ledger/write_budget.h"

#include <vector>

namespace tms::ledger {

void WriteBudget::Acquire(size_t weight, std::function<void()> admitted) {
  {
    absl::MutexLock lock(&mutex_);
    if (!waiting_.empty() || !HasRoom(weight)) {
      waiting_.emplace_back(weight, std::move(admitted));
      return;
    }
    in_use_ += weight;
  }
  admitted();
}

void WriteBudget::Release(size_t weight) {
  std::vector<std::function<void()>> admitted;
  {
    absl::MutexLock lock(&mutex_);
    in_use_ -= weight;
    while (!waiting_.empty() && HasRoom(waiting_.front().first)) {
      in_use_ += waiting_.front().first;
      admitted.push_back(std::move(waiting_.front().second));
      waiting_.pop_front();
    }
  }
  for (const auto& admit : admitted) admit();
}

}  // namespace tms::ledger
