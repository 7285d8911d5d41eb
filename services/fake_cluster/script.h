// Which behaviour the next request meets.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/fake_cluster/behaviour.h"
#include "services/fake_cluster/request.h"

namespace tms::fake_cluster {

// In this order: what the token names (`fake-NAME…`), what a cid names (`behave-NAME…`), what was
// set for one of the cids, what was set for the next requests, the standard. Owned by the server,
// used by its one thread.
class Script {
 public:
  explicit Script(Choice standard) : standard_(std::move(standard)) {}

  // For the next `count` requests, or until it is changed. A behaviour that acts before it can see
  // whose request it is (Phase::kAccepted, kSomeRequest) would shut out this very route too: it
  // needs a count.
  absl::Status SetForNext(Choice choice, std::optional<long> count);
  absl::Status SetForCids(Choice choice, const std::vector<std::string>& cids);
  // Back to the standard.
  void Clear();

  // The next behaviour, if it must act before a head is read; counts it as used.
  std::optional<Choice> TakeBeforeHead();

  // The behaviour, if it must act before the body is read; counts it as used.
  std::optional<Choice> TakeBeforeBody(const Request& head);

  // The behaviour for a request with its body; counts it as used. An error if the token or a cid
  // names one that does not exist or would have had to act earlier.
  absl::StatusOr<Choice> Take(const Request& request);

 private:
  std::optional<Choice> FindForCids(const std::vector<std::string>& cids) const;
  Choice TakeNext();

  const Choice standard_;
  std::optional<Choice> next_;
  std::optional<long> next_count_;
  std::map<std::string, Choice> by_cid_;
};

}  // namespace tms::fake_cluster
