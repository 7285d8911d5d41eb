// The changes of jobs as they are committed, for whoever watches.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/time/time.h"
#include "services/ledger/job_store.h"

namespace tms::ledger {

// Keeps the last changes once, however many watch: a watcher holds a number and asks for what comes
// behind it. One that has fallen behind what is kept reads the store instead, so a slow watcher
// takes no memory. Thread-safe. It waits on the monotonic clock, as StopFlag does and for its
// reason.
class ChangeFeed {
 public:
  using ChangePtr = std::shared_ptr<const JobChange>;

  // `capacity` is the number of changes that are kept.
  explicit ChangeFeed(size_t capacity) : capacity_(capacity) {}

  // Where it begins: every later change will be published.
  void Begin(HistoryPosition head);

  // Changes in the order of their numbers, none left out. Never waits.
  void Publish(std::vector<JobChange> changes);

  // The last change, or where the feed began.
  HistoryPosition head() const;

  enum class Found { kNothing, kChange, kForgotten };
  struct Next {
    Found found = Found::kNothing;
    ChangePtr change;
  };
  // The first change behind `number`; kForgotten if one may have been that is not kept any more.
  Next After(int64_t number) const;

  // Waits until there is a change behind `number`, Close was called, or `limit` has passed.
  void AwaitChange(int64_t number, absl::Duration limit) const;
  void Close();

 private:
  const size_t capacity_;

  // Guards all below; clang's checks don't know its kind.
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool closed_ = false;
  HistoryPosition head_;
  // Every change behind this number is in `changes_`.
  int64_t complete_from_ = 0;
  std::deque<ChangePtr> changes_;
};

}  // namespace tms::ledger
