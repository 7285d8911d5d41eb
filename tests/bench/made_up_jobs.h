// Jobs like the ones seen, the same ones in each run.
#pragma once

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/base/ids.h"
#include "services/ledger/job.h"

namespace tms::ledger {

// Twenty users, three clusters, five actions, most of them successful.
class MadeUpJobs {
 public:
  MadeUpJobs(absl::Time begin, absl::Duration step) : now_(begin), step_(step) {}

  // The next job's two events.
  std::pair<OwnerEvent, OwnerEvent> Next() {
    now_ += step_;
    OwnerEvent started{.job_id = NewUuidV7(now_),
                       .event_seq = 1,
                       .occurred_at = now_,
                       .owner = "action-1",
                       .incarnation = 1,
                       .fact = Start()};
    OwnerEvent finished{.job_id = started.job_id,
                        .event_seq = 2,
                        .occurred_at = now_ + absl::Seconds(1),
                        .owner = "action-1",
                        .incarnation = 1,
                        .fact = Finish()};
    return {std::move(started), std::move(finished)};
  }

 private:
  int Below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }

  JobStart Start() {
    static constexpr const char* kActions[] = {"Tran-Begin", "PE-Enable", "T-Enable", "PE-Finalize",
                                               "PE-Direct"};
    const int action = Below(5);
    JobStart start{.user_id = "user" + std::to_string(Below(20)) + "@example.com",
                   .action_code = action + 1,
                   .action_name = kActions[action],
                   .cluster = "cluster-" + std::to_string(Below(3)),
                   .cluster_url = "https://cluster.example.com:8443",
                   .timeout = absl::Seconds(30)};
    for (int i = 0; i < 2; ++i) {
      start.cids.push_back("0123456789abcdef01234567" + std::to_string(10'000'000 + Below(50'000)));
    }
    // One customer in every hundredth job: too frequent to be looked up, too rare to be met soon.
    if (Below(100) == 0) start.cids.push_back("everywhere");
    if (Below(10) == 0) start.batch_id = "batch-" + std::to_string(Below(2'000));
    return start;
  }

  JobFinish Finish() {
    const int fate = Below(100);
    JobFinish finish{
        .outcome = {.status = JobStatus::kSuccess, .http_status = 200, .effect = Effect::kApplied},
        .response_summary = R"({"message":"Sending action to migration services","success":true})",
        .elapsed = absl::Milliseconds(250 + Below(18'000))};
    Outcome& outcome = finish.outcome;
    if (fate >= 80) {
      outcome.status = JobStatus::kFailed;
      outcome.error_message = "TMS bootstrap status(INIT) is not Ready";
      outcome.failure_reason = FailureReason::kRejected;
      outcome.effect = Effect::kNotApplied;
    }
    if (fate >= 95) {
      outcome.failure_reason = FailureReason::kHttpError;
      outcome.http_status = 401;
    }
    if (fate >= 98) {
      outcome.failure_reason = FailureReason::kTimeout;
      outcome.http_status.reset();
      outcome.effect = Effect::kUnknown;
    }
    return finish;
  }

  absl::Time now_;
  const absl::Duration step_;
  std::mt19937 random_{42};
};

// The order in which events are sent: each job ends `lag` jobs after it began.
inline std::vector<OwnerEvent> MakeEvents(MadeUpJobs& jobs, size_t job_count, size_t lag) {
  std::vector<OwnerEvent> events, ends;
  for (size_t i = 0; i < job_count; ++i) {
    auto [started, finished] = jobs.Next();
    events.push_back(std::move(started));
    ends.push_back(std::move(finished));
    if (i >= lag) events.push_back(std::move(ends[i - lag]));
  }
  for (size_t i = job_count - std::min(lag, job_count); i < job_count; ++i) {
    events.push_back(std::move(ends[i]));
  }
  return events;
}

}  // namespace tms::ledger
