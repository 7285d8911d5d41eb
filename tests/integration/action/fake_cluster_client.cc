#include "tests/integration/action/fake_cluster_client.h"

#include <gtest/gtest.h>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <memory>

namespace tms::action {

namespace asio = boost::asio;
using ledger::v1::Job;

asio::awaitable<CallResult> FakeClusterClient::Call(ClusterCall call) {
  const auto initiate = [&](auto handler) {
    const auto executor = asio::get_associated_executor(handler);
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    auto work =
        std::make_shared<asio::executor_work_guard<std::decay_t<decltype(executor)>>>(executor);
    const auto finish = [=](CallResult result) {
      asio::post(executor, [=, result = std::move(result)]() mutable {
        std::move (*shared)(std::move(result));
        work->reset();
      });
    };
    std::optional<CallResult> at_once;
    {
      const std::lock_guard lock(mutex_);
      calls_.push_back({call.cids, std::string(call.bearer_token.Reveal()), finish});
      at_once = at_once_;
    }
    changed_.notify_all();
    if (at_once) finish(*at_once);
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(CallResult)>(
      initiate, asio::use_awaitable);
}

void FakeClusterClient::AnswerAtOnce(const CallResult& result) {
  const std::lock_guard lock(mutex_);
  at_once_ = result;
}

void FakeClusterClient::Finish(size_t index, const CallResult& result) {
  std::function<void(CallResult)> finish;
  {
    const std::lock_guard lock(mutex_);
    finish = calls_.at(index).finish;
  }
  finish(result);
}

size_t FakeClusterClient::call_count() const {
  const std::lock_guard lock(mutex_);
  return calls_.size();
}

void FakeClusterClient::WaitForCalls(size_t count) const {
  std::unique_lock lock(mutex_);
  const bool came =
      changed_.wait_for(lock, std::chrono::minutes(1), [&] { return calls_.size() >= count; });
  EXPECT_TRUE(came) << "only " << calls_.size() << " of " << count << " calls were made";
}

std::vector<std::string> FakeClusterClient::cids(size_t index) const {
  const std::lock_guard lock(mutex_);
  return calls_.at(index).cids;
}

std::string FakeClusterClient::token(size_t index) const {
  const std::lock_guard lock(mutex_);
  return calls_.at(index).token;
}

CallResult FakeClusterClient::Success() {
  CallResult result;
  result.finished.set_status(Job::SUCCESS);
  result.finished.set_http_status(200);
  result.finished.set_effect(Job::APPLIED);
  result.response_body = R"({"success":true})";
  return result;
}

CallResult FakeClusterClient::Refused() {
  CallResult result;
  result.finished.set_status(Job::FAILED);
  result.finished.set_http_status(200);
  result.finished.set_failure_reason(Job::REJECTED);
  result.finished.set_effect(Job::NOT_APPLIED);
  result.finished.set_error_message("not ready");
  return result;
}

}  // namespace tms::action
