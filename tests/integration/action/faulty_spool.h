// A spool whose disk fails when the test wants it to.
#pragma once

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "services/action/spool/spool.h"

namespace tms::action {

// Thread-safe. Hands everything on to `spool`, which outlives it, except for as many calls of a
// kind as the test has set: those are UNAVAILABLE.
class FaultySpool final : public Spool {
 public:
  template <typename T>
  using Awaitable = boost::asio::awaitable<T>;

  explicit FaultySpool(Spool& spool) : spool_(spool) {}

  std::atomic<int> failing_find_starts = 0;
  std::atomic<int> failing_find_requests = 0;
  std::atomic<int> failing_buries = 0;

  Awaitable<absl::Status> Put(std::vector<EventMessage> events) override {
    return spool_.Put(std::move(events));
  }
  Awaitable<absl::StatusOr<std::vector<SpooledEvent>>> Next(int64_t after,
                                                            size_t max_bytes) override {
    return spool_.Next(after, max_bytes);
  }
  Awaitable<absl::StatusOr<std::optional<ledger::v1::JobEvent>>> FindStart(
      std::string job_id) override {
    if (Fails(failing_find_starts)) co_return Failure();
    co_return co_await spool_.FindStart(std::move(job_id));
  }
  Awaitable<absl::StatusOr<std::optional<SpooledRequest>>> FindRequest(
      std::string user_id, std::string request_id) override {
    if (Fails(failing_find_requests)) co_return Failure();
    co_return co_await spool_.FindRequest(std::move(user_id), std::move(request_id));
  }
  Awaitable<absl::Status> RemoveStart(std::string job_id) override {
    return spool_.RemoveStart(std::move(job_id));
  }
  Awaitable<absl::Status> RemoveJob(std::string job_id) override {
    return spool_.RemoveJob(std::move(job_id));
  }
  Awaitable<absl::Status> Bury(EventMessage event, std::string verdict,
                               std::string detail) override {
    if (Fails(failing_buries)) co_return Failure();
    co_return co_await spool_.Bury(std::move(event), std::move(verdict), std::move(detail));
  }
  Awaitable<absl::StatusOr<std::vector<DeadLetter>>> ListDeadLetters(int64_t after,
                                                                     int limit) override {
    return spool_.ListDeadLetters(after, limit);
  }
  Awaitable<absl::StatusOr<std::vector<DeadLetter>>> Revive(int64_t position) override {
    return spool_.Revive(position);
  }
  Awaitable<absl::StatusOr<std::vector<DeadLetter>>> Drop(int64_t position) override {
    return spool_.Drop(position);
  }
  Awaitable<absl::Status> HoldRoom() override { return spool_.HoldRoom(); }
  SpoolUsage usage() const override { return spool_.usage(); }

 private:
  static bool Fails(std::atomic<int>& left) {
    int value = left;
    while (value > 0 && !left.compare_exchange_weak(value, value - 1)) {
    }
    return value > 0;
  }
  static absl::Status Failure() { return absl::UnavailableError("the disk fails"); }

  Spool& spool_;
};

}  // namespace tms::action
