#include "services/ledgerctl/messages.h"

#include <algorithm>

#include "common/base/text.h"
#include "common/base/time_text.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/time_util.h"

namespace tms::ledgerctl {
namespace {

using google::protobuf::util::TimeUtil;
using tms::ledger::v1::AuditRecord;
using tms::ledger::v1::GetJobStatsRequest;
using tms::ledger::v1::GetJobStatsResponse;
using tms::ledger::v1::HistoryEvent;
using tms::ledger::v1::Job;
using tms::ledger::v1::RecordEventsResponse;

absl::Time FromProto(const google::protobuf::Timestamp& time) {
  return absl::FromUnixNanos(TimeUtil::TimestampToNanoseconds(time));
}

std::string StatusCell(Job::Status value) {
  return value == Job::STATUS_UNSPECIFIED ? "" : Job::Status_Name(value);
}

std::string ReasonCell(Job::FailureReason value) {
  return value == Job::FAILURE_REASON_UNSPECIFIED ? "" : Job::FailureReason_Name(value);
}

std::string EffectCell(Job::Effect value) {
  return value == Job::EFFECT_UNSPECIFIED ? "" : Job::Effect_Name(value);
}

std::string ElapsedCell(const Job& job) {
  return job.has_elapsed() ? FormatSeconds(ledgerctl::FromProto(job.elapsed())) : "";
}

// The bound that at least 95 of 100 timed jobs of the row kept.
std::string NinetyFifth(const GetJobStatsResponse& response, const GetJobStatsResponse::Row& row) {
  if (row.timed_job_count() == 0) return "";
  int64_t seen = 0;
  for (int i = 0; i < response.duration_bounds_size() && i < row.duration_counts_size(); ++i) {
    seen += row.duration_counts(i);
    if (seen * 100 >= row.timed_job_count() * 95) {
      return "≤" + FormatSeconds(ledgerctl::FromProto(response.duration_bounds(i)));
    }
  }
  const int last = response.duration_bounds_size() - 1;
  return last < 0 ? "" : ">" + FormatSeconds(ledgerctl::FromProto(response.duration_bounds(last)));
}

std::string DimensionCell(GetJobStatsRequest::Dimension dimension,
                          const GetJobStatsResponse::Row& row) {
  switch (dimension) {
    case GetJobStatsRequest::STATUS:
      return StatusCell(row.status());
    case GetJobStatsRequest::FAILURE_REASON:
      return ReasonCell(row.failure_reason());
    case GetJobStatsRequest::EFFECT:
      return EffectCell(row.effect());
    case GetJobStatsRequest::CLUSTER:
      return row.cluster();
    case GetJobStatsRequest::ACTION:
      return std::to_string(row.action_code());
    case GetJobStatsRequest::USER:
      return row.user_id();
    case GetJobStatsRequest::TIME:
      return ShortTime(row.bucket_start());
    default:
      return "";
  }
}

}  // namespace

google::protobuf::Timestamp ToProto(absl::Time time) {
  return TimeUtil::NanosecondsToTimestamp(absl::ToUnixNanos(time));
}

google::protobuf::Duration ToProto(absl::Duration duration) {
  return TimeUtil::NanosecondsToDuration(absl::ToInt64Nanoseconds(duration));
}

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Nanoseconds(TimeUtil::DurationToNanoseconds(duration));
}

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  // Fails only for times that no clock gives.
  return status.ok() ? json : "{}";
}

std::string ShortTime(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", FromProto(time), absl::UTCTimeZone());
}

std::vector<Column> JobColumns() {
  return {{.header = "CREATED (UTC)", .drop_rank = 1},
          {.header = "JOB"},
          {.header = "USER", .min_width = 6, .drop_rank = 4},
          {.header = "ACTION", .min_width = 8, .drop_rank = 3},
          {.header = "CLUSTER", .min_width = 6, .drop_rank = 5},
          {.header = "CIDS", .right_aligned = true, .drop_rank = 7},
          {.header = "STATUS"},
          {.header = "HTTP", .right_aligned = true},
          {.header = "REASON", .drop_rank = 2},
          {.header = "EFFECT"},
          {.header = "TOOK", .right_aligned = true, .drop_rank = 6},
          {.header = "MESSAGE", .min_width = 16, .drop_rank = 8}};
}

std::vector<std::string> JobCells(const Job& job) {
  return {ShortTime(job.created_at()),
          job.job_id(),
          job.user_id(),
          job.action_name(),
          job.cluster().empty() ? job.cluster_url() : job.cluster(),
          std::to_string(job.customer_count()),
          StatusCell(job.status()),
          job.has_http_status() ? std::to_string(job.http_status()) : "",
          ReasonCell(job.failure_reason()),
          EffectCell(job.effect()),
          ElapsedCell(job),
          job.error_message()};
}

std::vector<Column> HistoryColumns() {
  return {{.header = "RECORDED (UTC)"},
          {.header = "EVENT"},
          {.header = "BY", .min_width = 12, .drop_rank = 2},
          {.header = "VERDICT", .drop_rank = 1},
          {.header = "STATUS"},
          {.header = "HTTP", .right_aligned = true},
          {.header = "REASON", .drop_rank = 3},
          {.header = "EFFECT"},
          {.header = "DETAIL", .min_width = 16, .drop_rank = 4}};
}

std::vector<std::string> HistoryCells(const HistoryEvent& event) {
  std::string detail = event.detail();
  if (event.has_error_message()) {
    if (!detail.empty()) detail += "; ";
    detail += event.error_message();
  }
  return {ShortTime(event.recorded_at()),
          HistoryEvent::Kind_Name(event.kind()),
          event.actor(),
          RecordEventsResponse::Verdict_Name(event.verdict()),
          StatusCell(event.status()),
          event.has_http_status() ? std::to_string(event.http_status()) : "",
          ReasonCell(event.failure_reason()),
          EffectCell(event.effect()),
          detail};
}

std::vector<Column> AuditColumns() {
  return {{.header = "OCCURRED (UTC)"},
          {.header = "USER", .min_width = 8},
          {.header = "ACTION"},
          {.header = "OK"},
          {.header = "TARGET", .min_width = 12, .drop_rank = 1},
          {.header = "FROM", .drop_rank = 3},
          {.header = "CUSTOMERS", .right_aligned = true, .drop_rank = 2},
          {.header = "DETAIL", .min_width = 16, .drop_rank = 4}};
}

std::vector<std::string> AuditCells(const AuditRecord& record) {
  std::string detail = record.detail();
  if (record.has_error_message()) {
    if (!detail.empty()) detail += "; ";
    detail += record.error_message();
  }
  return {ShortTime(record.occurred_at()),
          record.user_id(),
          record.action(),
          record.success() ? "yes" : "no",
          record.target(),
          record.source_ip(),
          record.customer_ids().empty() ? "" : std::to_string(record.customer_ids_size()),
          detail};
}

std::string JobDetails(const Job& job) {
  const auto moment = [](bool set, const google::protobuf::Timestamp& time) {
    return set ? FormatTimestamp(FromProto(time)) : "";
  };
  std::string reruns;
  for (const std::string& rerun : job.reruns()) reruns += (reruns.empty() ? "" : ", ") + rerun;
  const std::pair<const char*, std::string> lines[] = {
      {"job", job.job_id()},
      {"number", job.number() > 0 ? std::to_string(job.number()) : ""},
      {"status", StatusCell(job.status())},
      {"http status", job.has_http_status() ? std::to_string(job.http_status()) : ""},
      {"failure reason", ReasonCell(job.failure_reason())},
      {"effect", EffectCell(job.effect())},
      {"message", job.error_message()},
      {"conflict", job.conflict() ? "what a person had settled was not true" : ""},
      {"user", job.user_id()},
      {"action", job.action_name() + " (" + std::to_string(job.action_code()) + ")"},
      {"cluster", job.cluster()},
      {"cluster url", job.cluster_url()},
      {"customers", std::to_string(job.customer_count())},
      {"created", moment(job.has_created_at(), job.created_at())},
      {"finished", moment(job.has_finished_at(), job.finished_at())},
      {"updated", moment(job.has_updated_at(), job.updated_at())},
      {"deadline", moment(job.has_deadline_at(), job.deadline_at())},
      {"timeout", job.has_timeout() ? FormatSeconds(FromProto(job.timeout())) : ""},
      {"took", ElapsedCell(job)},
      {"batch", job.batch_id()},
      {"request id", job.request_id()},
      {"source", job.source_ip()},
      {"owner", job.owner().empty() ? "" : job.owner() + "/" + std::to_string(job.incarnation())},
      {"rerun of", job.rerun_of()},
      {"reruns", reruns},
      {"twin of", job.twin_of()},
      {"etag", job.etag()},
      {"request", job.request_payload() + (job.request_payload_cut() ? " (cut)" : "")},
      {"response", job.response_summary() + (job.response_summary_cut() ? " (cut)" : "")}};
  constexpr size_t kNameWidth = 16;
  std::string text;
  for (const auto& [name, value] : lines) {
    if (value.empty()) continue;
    std::string line(name);
    line.resize(kNameWidth, ' ');
    text += line + Sanitize(value) + "\n";
  }
  return text;
}

std::vector<Column> StatsColumns(const GetJobStatsRequest& request) {
  std::vector<Column> columns;
  for (const int dimension : request.group_by()) {
    columns.push_back({.header = GetJobStatsRequest::Dimension_Name(
                           static_cast<GetJobStatsRequest::Dimension>(dimension))});
  }
  for (const char* header : {"JOBS", "MEAN", "P95"}) {
    columns.push_back({.header = header, .right_aligned = true});
  }
  return columns;
}

std::vector<std::string> StatsCells(const GetJobStatsRequest& request,
                                    const GetJobStatsResponse& response,
                                    const GetJobStatsResponse::Row& row) {
  std::vector<std::string> cells;
  for (const int dimension : request.group_by()) {
    cells.push_back(DimensionCell(static_cast<GetJobStatsRequest::Dimension>(dimension), row));
  }
  const int64_t timed = row.timed_job_count();
  cells.push_back(std::to_string(row.job_count()));
  cells.push_back(timed > 0 ? FormatSeconds(FromProto(row.duration_sum()) / timed) : "");
  cells.push_back(NinetyFifth(response, row));
  return cells;
}

}  // namespace tms::ledgerctl
