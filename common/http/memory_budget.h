// A cap on memory that many share.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace tms::http {

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
    explicit operator bool() const { return budget_ != nullptr; }

   private:
    friend class MemoryBudget;
    Share(MemoryBudget* budget, size_t bytes) : budget_(budget), bytes_(bytes) {}

    MemoryBudget* budget_ = nullptr;
    size_t bytes_ = 0;
  };

  Share Take(size_t bytes) {
    size_t left = left_.load();
    do {
      if (bytes > left) return {};
    } while (!left_.compare_exchange_weak(left, left - bytes));
    return {this, bytes};
  }

 private:
  void Return(size_t bytes) { left_ += bytes; }

  std::atomic<size_t> left_;
};

}  // namespace tms::http
