#include "services/action/executor.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "common/base/crash_points.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/runtime/logging.h"
#include "services/action/backoff.h"

namespace tms::action {

namespace asio = boost::asio;
using ledger::v1::Job;
using ledger::v1::JobFinished;
using ledger::v1::RecordEventsResponse;

namespace {

constexpr char kTag[] = "SET_ACTION";
// Callers are answered this long before their deadline, so that the answer still reaches them; less
// where they leave little time.
constexpr absl::Duration kAnswerMargin = absl::Milliseconds(500);
constexpr int kAnswerMarginPart = 4;
// Time after a call's deadline in which its outcome is normally recorded, by the ledger's sweep at
// the latest; who waits longer than that is told IN_PROGRESS.
constexpr absl::Duration kGrace = absl::Seconds(15);
constexpr absl::Duration kFirstPoll = absl::Milliseconds(50);
constexpr absl::Duration kMostPoll = absl::Seconds(1);
// How much later than that the ledger's sweep may come round.
constexpr absl::Duration kSweepMargin = absl::Seconds(5);
constexpr absl::Duration kReadTimeout = absl::Seconds(2);

absl::Status Draining() {
  return MakeStatus(absl::StatusCode::kUnavailable, "DRAINING",
                    "the service is shutting down; the cluster was not called");
}

absl::Status CallerGone() {
  return MakeStatus(absl::StatusCode::kCancelled, "CANCELLED", "the caller went away");
}

absl::Status RequestIdReused() {
  return MakeStatus(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED",
                    "this request_id was used with other content; nothing was called");
}

absl::Status EarlierNotCalled() {
  return MakeStatus(absl::StatusCode::kUnavailable, "EARLIER_NOT_CALLED",
                    "an earlier request with this request_id ended before it called the cluster, "
                    "and so did this one; ask again");
}

// What the ledger said about a STARTED that it did not take.
absl::Status Refusal(const Receipt& receipt) {
  if (receipt.verdict == RecordEventsResponse::CONFLICT) return RequestIdReused();
  return MakeStatus(absl::StatusCode::kInternal, "LEDGER_REFUSED",
                    "the ledger refused the start: " +
                        RecordEventsResponse::Verdict_Name(receipt.verdict) + " " + receipt.detail);
}

asio::awaitable<bool> Cancelled() {
  const auto state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() != asio::cancellation_type::none;
}

// What is recorded when the client breaks its promise never to throw: the call may have been made.
JobFinished UnknownOutcome() {
  JobFinished finished;
  finished.set_status(Job::FAILED);
  finished.set_failure_reason(Job::CONNECTION_LOST);
  finished.set_effect(Job::UNKNOWN);
  finished.set_error_message("Internal error during the call");
  return finished;
}

void LogThrow(const std::string& job_id, const std::exception& error) {
  log::Error(kTag, "call_threw", {{"job_id", job_id}, {"error", error.what()}});
}

}  // namespace

Executor::Executor(asio::any_io_executor strand, asio::any_io_executor pool, Parts parts)
    : strand_(std::move(strand)), pool_(std::move(pool)), parts_(std::move(parts)) {
  for (const Cluster& cluster : parts_.catalogue.clusters()) {
    slots_[&cluster] =
        std::make_shared<Slots>(cluster.max_in_flight, cluster.max_waiting, parts_.clock);
  }
}

asio::awaitable<absl::StatusOr<ActionAnswer>> Executor::Execute(ActionRequest request, Until until,
                                                                absl::Duration deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const absl::Duration left = deadline - parts_.clock.SinceBoot();
  const absl::Duration answer_by = deadline - std::min(kAnswerMargin, left / kAnswerMarginPart);
  if (RunPtr twin = FindTwin(request)) {
    co_return co_await Join(std::move(twin), std::move(request), until, answer_by);
  }
  absl::StatusOr<Slot> slot = co_await slots_.at(request.cluster)->Acquire(answer_by);
  if (!slot.ok()) co_return slot.status();
  if (draining_->is_set()) co_return Draining();
  if (co_await Cancelled()) co_return CallerGone();
  if (RunPtr twin = FindTwin(request)) {  // begun while this one waited
    slot->Release();
    co_return co_await Join(std::move(twin), std::move(request), until, answer_by);
  }
  RunPtr run = Launch(std::move(request), *std::move(slot), answer_by);
  absl::StatusOr<ActionAnswer> answer = co_await Await(run, until, answer_by);
  if (answer.ok() && until == Until::kFinished) {
    answer->response_body = std::move(run->answer.response_body);
  }
  co_return answer;
}

Executor::RunPtr Executor::FindTwin(const ActionRequest& request) const {
  const auto found = joinable_.find({request.user_id, request.request_id});
  return found == joinable_.end() ? nullptr : found->second;
}

asio::awaitable<absl::StatusOr<ActionAnswer>> Executor::Join(RunPtr run, ActionRequest request,
                                                             Until until,
                                                             absl::Duration answer_by) {
  if (run->request.fingerprint != request.fingerprint) co_return RequestIdReused();
  absl::StatusOr<ActionAnswer> answer = co_await Await(std::move(run), until, answer_by);
  if (answer.ok()) answer->deduplicated = true;
  co_return answer;
}

Executor::RunPtr Executor::Launch(ActionRequest request, Slot slot, absl::Duration answer_by) {
  auto run = std::make_shared<ActionRun>();
  run->request = std::move(request);
  run->slot = std::move(slot);
  run->job_id = NewUuidV7(parts_.clock.Now());
  run->cid_count = run->request.cids.size();
  run->began = parts_.clock.SinceBoot();
  run->deadline = run->began + run->request.timeout;
  run->answer_by = answer_by;
  if (!run->request.request_id.empty()) joinable_[run->key()] = run;
  runs_.insert(run);
  asio::co_spawn(strand_, Live(run), [](std::exception_ptr error) {
    // A bug. The process must not go on as if the job were looked after: its end tells the ledger.
    if (error) std::terminate();
  });
  return run;
}

asio::awaitable<absl::StatusOr<ActionAnswer>> Executor::Await(RunPtr run, Until until,
                                                              absl::Duration answer_by) {
  if (until == Until::kFinished) ++run->waiting_for_end;
  const absl::Cleanup leave = [&] {
    if (until == Until::kFinished) --run->waiting_for_end;
  };
  // Bounded by the courier's patience, hence without a deadline of its own: until the start is
  // decided nobody can say whether the cluster will be called.
  if (co_await run->started.Wait(parts_.clock) == Event::Wake::kCancelled) co_return CallerGone();
  if (until == Until::kFinished) {
    co_await run->ended.Wait(parts_.clock, std::min(answer_by, run->deadline + kGrace));
  }
  if (!run->failure.ok()) co_return run->failure;
  ActionAnswer answer;
  answer.job = run->answer.job;
  answer.deduplicated = run->answer.deduplicated;
  answer.recorded_in = run->answer.recorded_in;
  co_return answer;
}

asio::awaitable<void> Executor::Live(RunPtr run) {
  if (co_await Start(run)) {
    TMS_CRASH_POINT("action.call.before_post");
    CallResult result = co_await Call(run);
    TMS_CRASH_POINT("action.call.answered");
    run->slot.Release();
    co_await Finish(run, std::move(result.finished));
    run->answer.response_body = std::move(result.response_body);
  }
  End(run);
}

asio::awaitable<bool> Executor::Start(RunPtr run) {
  ledger::v1::JobEvent event =
      StartedEvent(parts_.owner, run->job_id, run->request, parts_.clock.Now());
  run->answer.job = JobOf(event);
  const StartTerms terms{
      .deadline = run->answer_by,
      .may_go_by_spool = run->request.request_id.empty() || run->request.accept_possible_repeat};
  absl::StatusOr<Receipt> receipt = co_await parts_.courier.Start(std::move(event), terms);
  if (!receipt.ok()) {
    run->failure = receipt.status();
    co_return false;
  }
  const Verdict verdict = receipt->verdict;
  const bool ours =
      verdict == RecordEventsResponse::APPLIED || verdict == RecordEventsResponse::REPLAYED;
  if (!ours && verdict != RecordEventsResponse::DUPLICATE_OF) {
    run->failure = Refusal(*receipt);
    co_return false;
  }
  if (receipt->job) run->answer.job = *std::move(receipt->job);
  run->answer.recorded_in = receipt->recorded_in;
  run->answer.deduplicated = !ours;
  run->started.Set();
  if (!ours) co_await Follow(run);
  co_return ours;
}

asio::awaitable<CallResult> Executor::Call(RunPtr run) {
  run->LogStart();
  CallResult result;
  if (draining_->is_set()) {
    run->failure = Draining();
    result.finished = NotCalled("the service was shutting down");
    co_return result;
  }
  if (parts_.clock.SinceBoot() >= run->deadline) {
    result.finished = NotCalled("the deadline passed before the request was sent");
    co_return result;
  }
  ClusterCall call = run->MakeCall();
  try {
    co_return co_await asio::co_spawn(pool_, parts_.clusters.Call(std::move(call)),
                                      asio::use_awaitable);
  } catch (const std::exception& error) {
    LogThrow(run->job_id, error);
  }
  result.finished = UnknownOutcome();
  co_return result;
}

asio::awaitable<void> Executor::Finish(RunPtr run, JobFinished finished) {
  run->LogOutcome(finished, parts_.clock.SinceBoot() - run->began);
  ledger::v1::JobEvent event =
      FinishedEvent(parts_.owner, run->job_id, std::move(finished), parts_.clock.Now());
  Job told = run->answer.job;
  ApplyOutcome(event, told);
  Receipt receipt = co_await parts_.courier.Finish(std::move(event));
  if (receipt.recorded_in == v1::SetActionResponse::SPOOL) receipt.job = std::move(told);
  if (receipt.job) run->answer.job = *std::move(receipt.job);
  if (receipt.recorded_in != v1::SetActionResponse::RECORDED_IN_UNSPECIFIED) {
    run->answer.recorded_in = receipt.recorded_in;
  }
}

asio::awaitable<void> Executor::Follow(RunPtr run) {
  run->slot.Release();
  const auto draining = draining_;
  Backoff backoff(kFirstPoll, kMostPoll);
  // Longer than that the ledger itself does not leave a job without outcome. The earlier request
  // may have had another timeout.
  const absl::Duration theirs = absl::Seconds(run->answer.job.timeout().seconds() + 1);
  run->deadline = parts_.clock.SinceBoot() + std::max(run->request.timeout, theirs) + kSweepMargin;
  const absl::Duration give_up = run->deadline + kGrace;
  const auto wanted = [&] {
    return run->answer.job.status() == Job::IN_PROGRESS && run->waiting_for_end > 0 &&
           !draining_->is_set() && parts_.clock.SinceBoot() < give_up;
  };
  while (wanted()) {
    co_await draining->Wait(parts_.clock, parts_.clock.SinceBoot() + backoff.Next());
    const auto job = co_await parts_.jobs.GetJob(run->answer.job.job_id(), kReadTimeout);
    // An error is passed over: the next poll may succeed, and the callers have their deadlines.
    if (!job.ok()) continue;
    run->answer.job = *job;
    run->answer.recorded_in = v1::SetActionResponse::LEDGER;
  }
  // Its request_id is free again.
  if (run->answer.job.failure_reason() == Job::NOT_CALLED) run->failure = EarlierNotCalled();
}

void Executor::End(const RunPtr& run) {
  if (!run->request.request_id.empty()) joinable_.erase(run->key());
  run->slot.Release();
  run->started.Set();
  run->ended.Set();
  runs_.erase(run);
  if (draining_->is_set() && runs_.empty()) idle_.Set();
}

asio::awaitable<size_t> Executor::Drain(absl::Duration deadline) {
  draining_->Set();
  for (const auto& [cluster, slots] : slots_) slots->Close();
  if (runs_.empty()) idle_.Set();
  co_await idle_.Wait(parts_.clock, deadline);
  for (const RunPtr& run : runs_) run->ended.Set();
  const size_t undelivered = co_await parts_.courier.Flush(deadline);
  co_return runs_.size() + undelivered;
}

}  // namespace tms::action
