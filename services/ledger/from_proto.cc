#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "services/ledger/proto_convert.h"
#include "services/ledger/time_proto.h"

namespace tms::ledger {
namespace {

// Whether "unspecified" is a value or a field left out.
enum class Zero { kRefused, kAllowed };

template <typename Domain>
Domain EnumFromProto(std::string_view field, int value, bool (*is_valid)(int), Zero zero,
                     Violations& violations) {
  if (!is_valid(value) || (value == 0 && zero == Zero::kRefused)) {
    violations.Add(field, "is not a value of this enum");
  }
  return static_cast<Domain>(value);
}

template <typename Domain, typename Repeated>
std::vector<Domain> EnumsFromProto(const std::string& field, const Repeated& values,
                                   bool (*is_valid)(int), Zero zero, Violations& violations) {
  std::vector<Domain> converted;
  converted.reserve(values.size());
  for (int i = 0; i < values.size(); ++i) {
    converted.push_back(EnumFromProto<Domain>(field + "[" + std::to_string(i) + "]", values[i],
                                              is_valid, zero, violations));
  }
  return converted;
}

// The conditions that lists and statistics share; both messages call them by the same names.
template <typename Message, typename Query>
void ConditionsFromProto(const std::string& prefix, const Message& message, Query& query,
                         Violations& violations) {
  query.user_ids.assign(message.user_ids().begin(), message.user_ids().end());
  query.clusters.assign(message.clusters().begin(), message.clusters().end());
  query.action_codes.assign(message.action_codes().begin(), message.action_codes().end());
  query.statuses = EnumsFromProto<JobStatus>(prefix + "statuses", message.statuses(),
                                             v1::Job::Status_IsValid, Zero::kRefused, violations);
  // Unspecified is a value that jobs have: those that did not fail, those of the replaced system.
  query.failure_reasons =
      EnumsFromProto<FailureReason>(prefix + "failure_reasons", message.failure_reasons(),
                                    v1::Job::FailureReason_IsValid, Zero::kAllowed, violations);
  query.effects = EnumsFromProto<Effect>(prefix + "effects", message.effects(),
                                         v1::Job::Effect_IsValid, Zero::kAllowed, violations);
  if (message.has_created_after()) {
    query.created_after =
        TimeFromProto(prefix + "created_after", message.created_after(), violations);
  }
  if (message.has_created_before()) {
    query.created_before =
        TimeFromProto(prefix + "created_before", message.created_before(), violations);
  }
}

JobStart StartFromProto(const v1::JobStarted& started, Violations& violations) {
  return {.user_id = started.user_id(),
          .batch_id = started.batch_id(),
          .action_code = started.action_code(),
          .action_name = started.action_name(),
          .cluster = started.cluster(),
          .cluster_url = started.cluster_url(),
          .cids = {started.cids().begin(), started.cids().end()},
          .request_id = started.request_id(),
          .fingerprint = started.fingerprint(),
          .timeout = DurationFromProto("started.timeout", started.timeout(), violations),
          .source_ip = started.source_ip(),
          .rerun_of = started.rerun_of(),
          .spooled = started.spooled()};
}

// Fields that JobFinished and Job have in common.
template <typename Message>
Outcome OutcomeFromProto(const Message& message) {
  Outcome outcome;
  if (message.has_http_status()) outcome.http_status = message.http_status();
  if (message.has_error_message()) outcome.error_message = message.error_message();
  return outcome;
}

JobFinish FinishFromProto(const v1::JobFinished& finished, Violations& violations) {
  JobFinish finish;
  finish.outcome = OutcomeFromProto(finished);
  finish.outcome.status = EnumFromProto<JobStatus>(
      "finished.status", finished.status(), v1::Job::Status_IsValid, Zero::kRefused, violations);
  finish.outcome.failure_reason =
      EnumFromProto<FailureReason>("finished.failure_reason", finished.failure_reason(),
                                   v1::Job::FailureReason_IsValid, Zero::kAllowed, violations);
  finish.outcome.effect = EnumFromProto<Effect>(
      "finished.effect", finished.effect(), v1::Job::Effect_IsValid, Zero::kRefused, violations);
  finish.outcome.source = OutcomeSource::kTold;
  if (finished.has_response_summary()) finish.response_summary = finished.response_summary();
  finish.response_summary_cut = finished.response_summary_cut();
  if (finished.has_elapsed()) {
    // What is kept, so that the ack's job is the one that readers will see.
    finish.elapsed =
        absl::Trunc(DurationFromProto("finished.elapsed", finished.elapsed(), violations),
                    absl::Milliseconds(1));
  }
  return finish;
}

template <typename Value>
absl::StatusOr<Value> ValueOr(Violations& violations, Value value) {
  TMS_RETURN_IF_ERROR(violations.ToStatus());
  return value;
}

}  // namespace

absl::StatusOr<OwnerEvent> FromProto(const v1::JobEvent& event) {
  Violations violations;
  OwnerEvent converted{.job_id = event.job_id(),
                       .event_seq = event.event_seq(),
                       .owner = event.owner(),
                       .incarnation = event.incarnation()};
  if (!event.has_occurred_at()) violations.Add("occurred_at", "must be given");
  converted.occurred_at = TimeFromProto("occurred_at", event.occurred_at(), violations);
  switch (event.event_case()) {
    case v1::JobEvent::kStarted:
      converted.fact = StartFromProto(event.started(), violations);
      break;
    case v1::JobEvent::kFinished:
      converted.fact = FinishFromProto(event.finished(), violations);
      break;
    case v1::JobEvent::EVENT_NOT_SET:
      violations.Add("event", "must be started or finished");
      break;
  }
  return ValueOr(violations, std::move(converted));
}

absl::StatusOr<JobFilter> FromProto(const v1::JobFilter& filter) {
  Violations violations;
  JobFilter converted;
  ConditionsFromProto("filter.", filter, converted, violations);
  converted.cid = filter.cid();
  converted.batch_id = filter.batch_id();
  converted.request_id = filter.request_id();
  if (filter.has_http_status()) converted.http_status = filter.http_status();
  return ValueOr(violations, std::move(converted));
}

absl::StatusOr<JobUpdate> FromProto(const v1::UpdateJobRequest& request) {
  Violations violations;
  const auto& paths = request.update_mask().paths();
  JobUpdate update{.job_id = request.job().job_id(),
                   .mask = {paths.begin(), paths.end()},
                   .values = OutcomeFromProto(request.job()),
                   .reason = request.reason(),
                   .etag = request.etag()};
  // A field that the mask does not name may have any value; the check of the update asks for more.
  if (const int status = request.job().status(); status != v1::Job::STATUS_UNSPECIFIED) {
    update.values.status = EnumFromProto<JobStatus>("job.status", status, v1::Job::Status_IsValid,
                                                    Zero::kRefused, violations);
  }
  update.values.effect = EnumFromProto<Effect>("job.effect", request.job().effect(),
                                               v1::Job::Effect_IsValid, Zero::kAllowed, violations);
  return ValueOr(violations, std::move(update));
}

absl::StatusOr<StatsRequest> FromProto(const v1::GetJobStatsRequest& request) {
  Violations violations;
  StatsRequest converted;
  ConditionsFromProto("", request, converted.query, violations);
  converted.query.group_by = EnumsFromProto<StatsDimension>(
      "group_by", request.group_by(), v1::GetJobStatsRequest::Dimension_IsValid, Zero::kRefused,
      violations);
  if (request.bucket() != v1::GetJobStatsRequest::BUCKET_UNSPECIFIED) {
    converted.bucket = EnumFromProto<StatsBucket>("bucket", request.bucket(),
                                                  v1::GetJobStatsRequest::Bucket_IsValid,
                                                  Zero::kRefused, violations);
  }
  return ValueOr(violations, std::move(converted));
}

absl::StatusOr<bool> WantsFull(v1::JobView view, v1::JobView fallback) {
  if (view == v1::JOB_VIEW_UNSPECIFIED) view = fallback;
  if (view == v1::BASIC || view == v1::FULL) return view == v1::FULL;
  Violations violations;
  violations.Add("view", "must be BASIC or FULL");
  return violations.ToStatus();
}

}  // namespace tms::ledger
