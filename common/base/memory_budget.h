// A cap on memory that many share.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace tms {

// Hands out shares of a fixed number of bytes. Thread-safe; outlives its shares.
class MemoryBudget {
 public:
  explicit MemoryBudget(size_t bytes) : left_(bytes) {}

  // Bytes taken from a budget, given back when this goes. Empty if there were too few.
  class Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
    Share& operator=(Share&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Share() {
      if (budget_ != nullptr) budget_->Return(bytes_);
    }
    // Takes more; false if there is not as much left.
    bool Grow(size_t bytes) {
      if (!budget_->TryTake(bytes)) return false;
      bytes_ += bytes;
      return true;
    }
    explicit operator bool() const { return budget_ != nullptr; }

   private:
    friend class MemoryBudget;
    Share(MemoryBudget* budget, size_t bytes) : budget_(budget), bytes_(bytes) {}

    MemoryBudget* budget_ = nullptr;
    size_t bytes_ = 0;
  };

  Share Take(size_t bytes) {
    if (!TryTake(bytes)) return {};
    return {this, bytes};
  }

 private:
  bool TryTake(size_t bytes) {
    size_t left = left_.load();
    do {
      if (bytes > left) return false;
    } while (!left_.compare_exchange_weak(left, left - bytes));
    return true;
  }
  void Return(size_t bytes) { left_ += bytes; }

  std::atomic<size_t> left_;
};

}  // namespace tms
