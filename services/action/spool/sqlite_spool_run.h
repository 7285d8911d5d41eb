// How SqliteSpool gets work to its writer and back; included by its own .cc files only.
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "services/action/spool/sqlite_spool.h"

namespace tms::action {

inline ledger::v1::JobEvent ParseEvent(const sqlite::Row& row, int column) {
  ledger::v1::JobEvent event;
  // Cannot fail: what was written was an event, and what was read at the start was checked.
  event.ParseFromString(row.Text(column));
  return event;
}

// A buried start no longer holds its request_id.
absl::Status FreeRequest(sqlite::Connection& connection, const std::string& job_id);

// What callers are told about a status of the writer.
absl::Status FromWriter(const absl::Status& status);

// Runs `work` in the writer's transaction, then `finish` with what came of it.
template <typename Result, typename Work>
class SpoolWrite final : public sqlite::WriteItem {
 public:
  using Finisher = std::function<void(Result, const SpoolUsage&)>;

  SpoolWrite(size_t weight, Work work, Finisher finish)
      : weight_(weight), work_(std::move(work)), finish_(std::move(finish)) {}

  size_t weight() const override { return weight_; }
  absl::Status Apply(sqlite::Connection& connection) override {
    change_ = SpoolUsage();
    result_ = work_(connection, change_);
    if constexpr (std::is_same_v<Result, absl::Status>) {
      return result_;
    } else {
      return result_.status();
    }
  }
  void Finish(const absl::Status& status) override {
    if (!status.ok()) {
      result_ = FromWriter(status);
      change_ = SpoolUsage();
    }
    // Gone before this: it keeps an executor at work, and the writer keeps the item for a while.
    const Finisher finish = std::exchange(finish_, nullptr);
    finish(std::move(result_), change_);
  }

 private:
  const size_t weight_;
  Work work_;
  Finisher finish_;
  SpoolUsage change_;
  Result result_ = absl::UnknownError("not applied");
};

// Runs a DELETE … RETURNING cost and counts what is gone.
template <typename... Args>
absl::Status Delete(sqlite::Connection& connection, const char* sql, int64_t SpoolUsage::*kind,
                    SpoolUsage& change, const Args&... args) {
  const auto count = [&](const sqlite::Row& row) {
    change.*kind -= 1;
    change.bytes -= row.Int(0);
    return true;
  };
  return connection.Visit(sql, count, args...);
}

template <typename Result, typename Work>
boost::asio::awaitable<Result> SqliteSpool::Run(size_t weight, Work work) {
  const auto initiate = [this, weight, &work](auto handler) {
    using Handler = decltype(handler);
    // Counts as work, so that the context outlives it.
    const auto executor = boost::asio::prefer(boost::asio::get_associated_executor(handler),
                                              boost::asio::execution::outstanding_work.tracked);
    auto shared = std::make_shared<Handler>(std::move(handler));
    const auto finish = [this, shared, executor](Result result, const SpoolUsage& change) {
      Count(change);
      boost::asio::post(executor, [shared, result = std::move(result)]() mutable {
        std::move (*shared)(std::move(result));
      });
    };
    writer_->Submit(std::make_unique<SpoolWrite<Result, Work>>(weight, std::move(work), finish));
  };
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>,
                                                 void(Result)>(initiate,
                                                               boost::asio::use_awaitable);
}

}  // namespace tms::action
