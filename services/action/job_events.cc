#include "services/action/job_events.h"

#include <google/protobuf/util/time_util.h>

#include <utility>

namespace tms::action {
namespace {

using ledger::v1::Job;
using ledger::v1::JobEvent;
using ledger::v1::JobFinished;

constexpr int64_t kStartedSeq = 1;
constexpr int64_t kFinishedSeq = 2;

JobEvent MakeEvent(const Owner& owner, const std::string& job_id, int64_t seq, absl::Time now) {
  JobEvent event;
  event.set_job_id(job_id);
  event.set_event_seq(seq);
  const timespec occurred_at = absl::ToTimespec(now);
  event.mutable_occurred_at()->set_seconds(occurred_at.tv_sec);
  event.mutable_occurred_at()->set_nanos(static_cast<int32_t>(occurred_at.tv_nsec));
  event.set_owner(owner.id);
  event.set_incarnation(owner.incarnation);
  return event;
}

}  // namespace

JobEvent StartedEvent(const Owner& owner, const std::string& job_id, const ActionRequest& request,
                      absl::Time now) {
  JobEvent event = MakeEvent(owner, job_id, kStartedSeq, now);
  auto& started = *event.mutable_started();
  started.set_user_id(request.user_id);
  started.set_batch_id(request.batch_id);
  started.set_action_code(request.action_code);
  started.set_action_name(request.action_name);
  started.set_cluster(request.cluster->name);
  started.set_cluster_url(request.cluster->base_url);
  started.mutable_cids()->Assign(request.cids.begin(), request.cids.end());
  started.set_request_id(request.request_id);
  started.set_fingerprint(request.fingerprint);
  const timespec timeout = absl::ToTimespec(request.timeout);
  started.mutable_timeout()->set_seconds(timeout.tv_sec);
  started.mutable_timeout()->set_nanos(static_cast<int32_t>(timeout.tv_nsec));
  started.set_source_ip(request.source_ip);
  started.set_rerun_of(request.rerun_of);
  return event;
}

JobEvent FinishedEvent(const Owner& owner, const std::string& job_id, JobFinished finished,
                       absl::Time now) {
  JobEvent event = MakeEvent(owner, job_id, kFinishedSeq, now);
  *event.mutable_finished() = std::move(finished);
  return event;
}

JobFinished NotCalled(std::string_view why) {
  JobFinished finished;
  finished.set_status(Job::FAILED);
  finished.set_failure_reason(Job::NOT_CALLED);
  finished.set_effect(Job::NOT_APPLIED);
  finished.set_error_message("Not called: " + std::string(why));
  return finished;
}

JobEvent NotCalledEvent(const JobEvent& started, std::string_view why, absl::Time now) {
  return FinishedEvent({started.owner(), started.incarnation()}, started.job_id(), NotCalled(why),
                       now);
}

Job JobOf(const JobEvent& event) {
  const auto& started = event.started();
  Job job;
  job.set_job_id(event.job_id());
  job.set_user_id(started.user_id());
  job.set_batch_id(started.batch_id());
  job.set_action_code(started.action_code());
  job.set_action_name(started.action_name());
  job.set_cluster(started.cluster());
  job.set_cluster_url(started.cluster_url());
  job.set_status(Job::IN_PROGRESS);
  *job.mutable_created_at() = event.occurred_at();
  *job.mutable_updated_at() = event.occurred_at();
  *job.mutable_timeout() = started.timeout();
  *job.mutable_deadline_at() = google::protobuf::util::TimeUtil::NanosecondsToTimestamp(
      google::protobuf::util::TimeUtil::TimestampToNanoseconds(event.occurred_at()) +
      google::protobuf::util::TimeUtil::DurationToNanoseconds(started.timeout()));
  job.set_customer_count(started.cids_size());
  job.set_request_id(started.request_id());
  job.set_source_ip(started.source_ip());
  job.set_owner(event.owner());
  job.set_incarnation(event.incarnation());
  job.set_rerun_of(started.rerun_of());
  return job;
}

void ApplyOutcome(const JobEvent& event, Job& job) {
  const JobFinished& finished = event.finished();
  job.set_status(finished.status());
  job.set_failure_reason(finished.failure_reason());
  job.set_effect(finished.effect());
  if (finished.has_http_status()) job.set_http_status(finished.http_status());
  if (finished.has_error_message()) job.set_error_message(finished.error_message());
  if (finished.has_elapsed()) *job.mutable_elapsed() = finished.elapsed();
  *job.mutable_finished_at() = event.occurred_at();
  *job.mutable_updated_at() = event.occurred_at();
  job.set_outcome_source(Job::TOLD);
  job.clear_etag();  // the row's is another one once the ledger has the outcome
}

}  // namespace tms::action
