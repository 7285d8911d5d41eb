#include "services/ledger/change_feed.h"

#include <algorithm>
#include <utility>

namespace tms::ledger {

void ChangeFeed::Begin(HistoryPosition head) {
  const std::lock_guard lock(mutex_);
  complete_from_ = head.number;
  head_ = std::move(head);
}

void ChangeFeed::Publish(std::vector<JobChange> changes) {
  if (changes.empty()) return;
  const std::lock_guard lock(mutex_);
  head_ = changes.back().position;
  for (JobChange& change : changes) {
    changes_.push_back(std::make_shared<const JobChange>(std::move(change)));
  }
  while (changes_.size() > capacity_) {
    complete_from_ = changes_.front()->position.number;
    changes_.pop_front();
  }
  changed_.notify_all();
}

HistoryPosition ChangeFeed::head() const {
  const std::lock_guard lock(mutex_);
  return head_;
}

ChangeFeed::Next ChangeFeed::After(int64_t number) const {
  const std::lock_guard lock(mutex_);
  if (number < complete_from_) return {.found = Found::kForgotten, .change = nullptr};
  const auto next = std::upper_bound(
      changes_.begin(), changes_.end(), number,
      [](int64_t wanted, const ChangePtr& change) { return wanted < change->position.number; });
  if (next == changes_.end()) return {};
  return {.found = Found::kChange, .change = *next};
}

void ChangeFeed::AwaitChange(int64_t number, absl::Duration limit) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, absl::ToChronoMilliseconds(limit),
                    [&] { return closed_ || head_.number > number; });
}

void ChangeFeed::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

}  // namespace tms::ledger
