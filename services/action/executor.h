// Carries out Set Actions: slot, durable start, one call, durable outcome.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "services/action/action_run.h"
#include "services/action/catalogue.h"
#include "services/action/cluster_client.h"
#include "services/action/courier.h"
#include "services/action/job_events.h"
#include "services/action/job_reader.h"
#include "services/action/request_validation.h"
#include "services/action/slots.h"

namespace tms::action {

// Confined to `strand`, on which its coroutines must be spawned; the calls to clusters run beside
// it on `pool`. Owned by main; outlives both executors' work.
class Executor {
 public:
  // What the executor works with; all outlive it.
  struct Parts {
    const Catalogue& catalogue;
    Courier& courier;
    JobReader& jobs;
    ClusterClient& clusters;
    const Clock& clock;
    Owner owner;
  };
  Executor(boost::asio::any_io_executor strand, boost::asio::any_io_executor pool, Parts parts);

  // When a caller is answered.
  enum class Until { kStarted, kFinished };

  // Runs an action, or joins the one of the same user and request_id that is running here or
  // elsewhere, and answers when it has come to `until`. A caller whose `deadline`
  // (Clock::SinceBoot(), may be infinite) comes first gets the job IN_PROGRESS shortly before.
  // Once the action is launched, neither deadline nor cancellation of the caller stop it.
  // Not OK, as action.proto lists it: the cluster was not called for this request.
  boost::asio::awaitable<absl::StatusOr<ActionAnswer>> Execute(ActionRequest request, Until until,
                                                               absl::Duration deadline);

  // Refuses new actions and those that wait for a slot, ends those that have not called their
  // cluster yet as NOT_CALLED, lets calls in flight end and be recorded. At `deadline` callers that
  // still wait get their job IN_PROGRESS. Returns how many actions and events were left. May be
  // called again.
  boost::asio::awaitable<size_t> Drain(absl::Duration deadline);

 private:
  using RunPtr = std::shared_ptr<ActionRun>;
  using RequestKey = std::pair<std::string, std::string>;  // user_id, request_id

  RunPtr FindTwin(const ActionRequest& request) const;
  boost::asio::awaitable<absl::StatusOr<ActionAnswer>> Join(RunPtr run, ActionRequest request,
                                                            Until until, absl::Duration answer_by);
  RunPtr Launch(ActionRequest request, Slot slot, absl::Duration answer_by);
  // The answer once the run has come to `until` or `answer_by` has come.
  boost::asio::awaitable<absl::StatusOr<ActionAnswer>> Await(RunPtr run, Until until,
                                                             absl::Duration answer_by);

  // The life of a run, independent of its callers.
  boost::asio::awaitable<void> Live(RunPtr run);
  // Whether the run's own job has been started; otherwise the run is answered for.
  boost::asio::awaitable<bool> Start(RunPtr run);
  boost::asio::awaitable<CallResult> Call(RunPtr run);
  boost::asio::awaitable<void> Finish(RunPtr run, ledger::v1::JobFinished finished);
  // Waits for the end of a job that somebody else runs.
  boost::asio::awaitable<void> Follow(RunPtr run);
  void End(const RunPtr& run);

  const boost::asio::any_io_executor strand_;
  const boost::asio::any_io_executor pool_;
  const Parts parts_;
  std::map<const Cluster*, std::shared_ptr<Slots>> slots_;
  // Runs whose request_id others may join.
  std::map<RequestKey, RunPtr> joinable_;
  std::set<RunPtr> runs_;
  // Shared with the coroutines that wait for it.
  const std::shared_ptr<Event> draining_ = std::make_shared<Event>();
  Event idle_;  // set when draining and nothing runs
};

}  // namespace tms::action
