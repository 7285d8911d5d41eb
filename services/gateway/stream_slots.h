// How many long answers (watches, exports) run at the same time.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/synchronization/mutex.h"

namespace tms::gateway {

// Thread-safe. Outlives its slots.
class StreamSlots {
 public:
  StreamSlots(size_t per_user, size_t all) : per_user_(per_user), all_(all) {}

  // Held while an answer runs.
  class Slot {
   public:
    Slot(Slot&& other) noexcept
        : slots_(std::exchange(other.slots_, nullptr)), user_(std::move(other.user_)) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (slots_ != nullptr) slots_->Release(user_);
    }
    explicit operator bool() const { return slots_ != nullptr; }

   private:
    friend class StreamSlots;
    Slot(StreamSlots* slots, std::string user) : slots_(slots), user_(std::move(user)) {}

    StreamSlots* slots_;
    std::string user_;
  };

  // False if there is none left for this user, or at all.
  Slot Take(const std::string& user) {
    absl::MutexLock lock(&mutex_);
    if (taken_ >= all_) return Slot(nullptr, "");
    size_t& of_user = by_user_[user];
    if (of_user >= per_user_) return Slot(nullptr, "");
    ++of_user;
    ++taken_;
    return Slot(this, user);
  }

  size_t taken() const {
    absl::MutexLock lock(&mutex_);
    return taken_;
  }

 private:
  void Release(const std::string& user) {
    absl::MutexLock lock(&mutex_);
    --taken_;
    const auto of_user = by_user_.find(user);
    if (--of_user->second == 0) by_user_.erase(of_user);
  }

  const size_t per_user_;
  const size_t all_;
  mutable absl::Mutex mutex_;
  size_t taken_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, size_t> by_user_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tms::gateway
