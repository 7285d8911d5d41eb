#include "services/ledger/watch_jobs_reactor.h"

#include <utility>

#include "common/base/status.h"
#include "common/rpc/call_context.h"
#include "common/rpc/status.h"
#include "common/runtime/logging.h"
#include "services/ledger/proto_convert.h"

namespace tms::ledger {
namespace {

// A trailer: the token of the last response.
constexpr char kResumeTokenKey[] = "x-tms-resume-token";
// What a watcher that does not read gets to take the final status before it is cut off.
constexpr absl::Duration kFarewell = absl::Seconds(5);

absl::Status TooSlow() {
  return MakeStatus(absl::StatusCode::kResourceExhausted, "WATCHER_TOO_SLOW",
                    "the watcher reads too slowly: go on with the last resume_token");
}

}  // namespace

WatchJobsReactor::Turn::Turn(WatchJobsReactor* reactor) : reactor_(*reactor) {
  reactor_.mutex_.Lock();
}

WatchJobsReactor::Turn::~Turn() ABSL_NO_THREAD_SAFETY_ANALYSIS {
  std::optional<grpc::Status> end = reactor_.Proceed();
  reactor_.mutex_.Unlock();
  // Not under the lock: OnDone may delete the reactor, and the lock with it, at once.
  if (end) reactor_.Finish(*std::move(end));
}

WatchJobsReactor::WatchJobsReactor(const WatchParts& parts, grpc::CallbackServerContext& context,
                                   std::string correlation_id, absl::StatusOr<JobFilter> filter,
                                   const std::string& resume_token)
    : parts_(parts), context_(context), correlation_id_(std::move(correlation_id)) {
  in_hub_ = parts_.hub.Add(this);
  const Turn turn(this);
  if (absl::Status begun = Begin(filter, resume_token); !begun.ok()) EndWith(std::move(begun));
}

absl::Status WatchJobsReactor::Begin(const absl::StatusOr<JobFilter>& filter,
                                     const std::string& resume_token) {
  last_write_ = parts_.clock.SinceBoot();
  if (!in_hub_) {
    return MakeStatus(absl::StatusCode::kUnavailable, "DRAINING",
                      "the ledger is ending or has too many watchers; try again later");
  }
  TMS_RETURN_IF_ERROR(filter.status());
  TMS_ASSIGN_OR_RETURN(WatchStart start, parts_.changes.Open(*filter, resume_token));
  filter_ = *filter;
  position_ = std::move(start.position);
  unproven_ = start.unproven;
  return absl::OkStatus();
}

void WatchJobsReactor::OnWriteDone(bool ok) {
  const Turn turn(this);
  writing_ = false;
  if (!ok) EndWith(absl::CancelledError());
}

void WatchJobsReactor::OnCancel() {
  const Turn turn(this);
  EndWith(absl::CancelledError());
}

void WatchJobsReactor::OnDone() {
  if (in_hub_) parts_.hub.Remove(this);
  delete this;
}

void WatchJobsReactor::Drain() {
  const Turn turn(this);
  EndWith(MakeStatus(absl::StatusCode::kUnavailable, "DRAINING",
                     "the ledger is ending: go on with the last resume_token"));
}

void WatchJobsReactor::Wake() {
  const absl::Duration now = parts_.clock.SinceBoot();
  const Turn turn(this);
  if (finished_) {
    if (now - finished_at_ >= kFarewell) context_.TryCancel();
    return;
  }
  if (!ending_ && writing_ && now - last_write_ >= parts_.limits.stall) {
    log::Warning("JOBS", "watcher_dropped",
                 {{"correlation_id", correlation_id_}, {"peer", context_.peer()}});
    EndWith(TooSlow());
  }
}

void WatchJobsReactor::EndWith(absl::Status status) {
  if (ending_) return;
  ending_ = true;
  status_ = std::move(status);
}

std::optional<grpc::Status> WatchJobsReactor::Proceed() {
  if (finished_ || in_pool_) return std::nullopt;
  if (!ending_) {
    if (!writing_) StartNext();
    return std::nullopt;
  }
  finished_ = true;
  finished_at_ = parts_.clock.SinceBoot();
  if (began_) context_.AddTrailingMetadata(kResumeTokenKey, parts_.changes.Seal(position_));
  return rpc::ToGrpc(status_, correlation_id_);
}

void WatchJobsReactor::StartNext() {
  if (unproven_) return StartTask(&WatchJobsReactor::ProvePosition);
  if (!began_) {
    began_ = true;
    return Write(nullptr);
  }
  if (!batch_.empty()) {
    const JobChange change = std::move(batch_.front());
    batch_.pop_front();
    position_ = batch_.empty() ? batch_end_ : change.position;
    return Write(&change.job);
  }
  for (;;) {
    const ChangeFeed::Next next = parts_.changes.feed().After(position_.number);
    if (next.found == ChangeFeed::Found::kNothing) break;
    const bool known = next.found == ChangeFeed::Found::kChange && filter_.cid.empty();
    if (!known) return StartTask(&WatchJobsReactor::ReadBatch);
    position_ = next.change->position;
    if (MatchesButCid(filter_, next.change->job)) return Write(&next.change->job);
  }
  if (parts_.clock.SinceBoot() - last_write_ >= parts_.limits.heartbeat) Write(nullptr);
}

void WatchJobsReactor::Write(const Job* job) {
  response_.Clear();
  if (job != nullptr) ToProto(*job, *response_.mutable_job());
  response_.set_resume_token(parts_.changes.Seal(position_));
  writing_ = true;
  last_write_ = parts_.clock.SinceBoot();
  StartWrite(&response_);
}

// A pool that is full takes it at a later waking.
void WatchJobsReactor::StartTask(void (WatchJobsReactor::*task)()) {
  in_pool_ = parts_.pool.TrySubmit([this, task] { (this->*task)(); });
}

void WatchJobsReactor::ProvePosition() {
  HistoryPosition position;
  {
    absl::MutexLock lock(&mutex_);
    position = position_;
  }
  absl::Status proven = parts_.changes.Prove(position);
  const Turn turn(this);
  in_pool_ = false;
  unproven_ = false;
  if (!proven.ok()) EndWith(std::move(proven));
}

void WatchJobsReactor::ReadBatch() {
  JobFilter filter;
  int64_t after = 0;
  {
    absl::MutexLock lock(&mutex_);
    filter = filter_;
    after = position_.number;
  }
  absl::StatusOr<ChangePage> page = parts_.changes.Read(filter, after);
  const Turn turn(this);
  in_pool_ = false;
  if (!page.ok()) {
    log::Error("JOBS", "watch_failed",
               {{"correlation_id", correlation_id_}, {"error", Message(page.status())}});
    EndWith(page.status());
    return;
  }
  batch_.assign(std::make_move_iterator(page->changes.begin()),
                std::make_move_iterator(page->changes.end()));
  if (batch_.empty()) position_ = page->examined;
  batch_end_ = std::move(page->examined);
}

}  // namespace tms::ledger
