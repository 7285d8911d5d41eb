// A cluster client whose calls end when the test says so.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "services/action/cluster_client.h"

namespace tms::action {

// Thread-safe.
class FakeClusterClient final : public ClusterClient {
 public:
  boost::asio::awaitable<CallResult> Call(ClusterCall call) override;

  // From now on calls end at once as given; without it they wait for Finish.
  void AnswerAtOnce(const CallResult& result);
  // Ends the call with this index, counted from 0.
  void Finish(size_t index, const CallResult& result);

  size_t call_count() const;
  // Waits until that many calls were made; fails the test after ten seconds.
  void WaitForCalls(size_t count) const;
  // The cids and the token of a call.
  std::vector<std::string> cids(size_t index) const;
  std::string token(size_t index) const;

  static CallResult Success();
  static CallResult Refused();

 private:
  struct Made {
    std::vector<std::string> cids;
    std::string token;
    std::function<void(CallResult)> finish;
  };

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::optional<CallResult> at_once_;
  std::vector<Made> calls_;
};

}  // namespace tms::action
