#include <string>

#include "services/ledger/proto_convert.h"
#include "services/ledger/time_proto.h"

namespace tms::ledger {
namespace {

// Fields that Job and HistoryEvent have in common.
template <typename Message>
void OutcomeToProto(const Outcome& outcome, Message& message) {
  message.set_status(static_cast<v1::Job::Status>(outcome.status));
  if (outcome.http_status) message.set_http_status(*outcome.http_status);
  message.set_failure_reason(static_cast<v1::Job::FailureReason>(outcome.failure_reason));
  message.set_effect(static_cast<v1::Job::Effect>(outcome.effect));
  if (outcome.error_message) message.set_error_message(*outcome.error_message);
}

void TimesToProto(const Job& job, v1::Job& message) {
  ToProto(job.created_at, *message.mutable_created_at());
  ToProto(job.updated_at, *message.mutable_updated_at());
  if (job.finished_at) ToProto(*job.finished_at, *message.mutable_finished_at());
  if (job.timeout) {
    ToProto(job.created_at + *job.timeout, *message.mutable_deadline_at());
    ToProto(*job.timeout, *message.mutable_timeout());
  }
  if (job.elapsed) ToProto(*job.elapsed, *message.mutable_elapsed());
}

void FullViewToProto(const Job& job, v1::Job& message) {
  for (const std::string& rerun : job.reruns) message.add_reruns(rerun);
  message.set_request_payload(job.request_payload);
  message.set_request_payload_cut(job.request_payload_cut);
  if (job.response_summary) message.set_response_summary(*job.response_summary);
  message.set_response_summary_cut(job.response_summary_cut);
}

void RowToProto(const StatsRow& row, v1::GetJobStatsResponse::Row& message) {
  if (row.status) message.set_status(static_cast<v1::Job::Status>(*row.status));
  if (row.failure_reason) {
    message.set_failure_reason(static_cast<v1::Job::FailureReason>(*row.failure_reason));
  }
  if (row.effect) message.set_effect(static_cast<v1::Job::Effect>(*row.effect));
  if (row.cluster) message.set_cluster(*row.cluster);
  if (row.action_code) message.set_action_code(*row.action_code);
  if (row.user_id) message.set_user_id(*row.user_id);
  if (row.bucket_start) ToProto(*row.bucket_start, *message.mutable_bucket_start());
  message.set_job_count(row.job_count);
  message.set_timed_job_count(row.timed_job_count);
  ToProto(row.duration_sum, *message.mutable_duration_sum());
  message.mutable_duration_counts()->Add(row.duration_counts.begin(), row.duration_counts.end());
}

}  // namespace

void ToProto(const Job& job, v1::Job& message) {
  message.set_job_id(job.job_id);
  message.set_number(job.number);
  message.set_user_id(job.user_id);
  message.set_batch_id(job.batch_id);
  message.set_action_code(job.action_code);
  message.set_action_name(job.action_name);
  message.set_cluster(job.cluster);
  message.set_cluster_url(job.cluster_url);
  OutcomeToProto(job.outcome, message);
  message.set_outcome_source(static_cast<v1::Job::OutcomeSource>(job.outcome.source));
  message.set_conflict(job.outcome.conflict);
  TimesToProto(job, message);
  message.set_customer_count(job.customer_count);
  message.set_request_id(job.request_id);
  message.set_source_ip(job.source_ip);
  message.set_owner(job.owner);
  message.set_incarnation(job.incarnation);
  message.set_rerun_of(job.rerun_of);
  message.set_twin_of(job.twin_of);
  message.set_etag(std::to_string(job.version));
  FullViewToProto(job, message);
}

void ToProto(const HistoryEvent& event, v1::HistoryEvent& message) {
  message.set_number(event.number);
  message.set_job_id(event.job_id);
  message.set_kind(static_cast<v1::HistoryEvent::Kind>(event.kind));
  message.set_event_seq(event.event_seq);
  ToProto(event.occurred_at, *message.mutable_occurred_at());
  ToProto(event.recorded_at, *message.mutable_recorded_at());
  message.set_actor(event.actor);
  message.set_verdict(static_cast<v1::RecordEventsResponse::Verdict>(event.verdict));
  message.set_detail(event.detail);
  OutcomeToProto(event.outcome, message);
}

void ToProto(const Stats& stats, v1::GetJobStatsResponse& message) {
  for (const StatsRow& row : stats.rows) RowToProto(row, *message.add_rows());
  message.set_bucket(static_cast<v1::GetJobStatsRequest::Bucket>(stats.bucket));
  for (const int bound_ms : kDurationBoundsMs) {
    ToProto(absl::Milliseconds(bound_ms), *message.add_duration_bounds());
  }
}

}  // namespace tms::ledger
