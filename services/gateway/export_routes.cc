#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/base/time_text.h"
#include "google/protobuf/util/time_util.h"
#include "services/gateway/csv.h"
#include "services/gateway/forward.h"
#include "services/gateway/stream_routes.h"

namespace tms::gateway {
namespace {

namespace asio = boost::asio;
namespace v1 = tms::ledger::v1;
using google::protobuf::util::TimeUtil;
using Ledger = v1::JobLedgerService::StubInterface::async_interface;

constexpr int kPageSize = 500;

enum class Format { kCsv, kJsonLines };

std::string TimeText(const google::protobuf::Timestamp& time, bool set) {
  if (!set) return "";
  return FormatTimestamp(absl::FromUnixMicros(TimeUtil::TimestampToMicroseconds(time)));
}

std::string DurationText(const v1::Job& job) {
  if (!job.has_elapsed()) return "";
  return std::to_string(TimeUtil::DurationToMilliseconds(job.elapsed()));
}

std::string CsvHead() {
  return CsvLine({"job_id", "user_id", "action_code", "action_name", "cluster", "cluster_url",
                  "customer_count", "status", "http_status", "failure_reason", "effect",
                  "error_message", "created_at", "finished_at", "elapsed_ms", "batch_id",
                  "request_id", "source_ip", "rerun_of"});
}

std::string ToCsv(const v1::Job& job) {
  const bool failed = job.failure_reason() != v1::Job::FAILURE_REASON_UNSPECIFIED;
  const bool known = job.effect() != v1::Job::EFFECT_UNSPECIFIED;
  return CsvLine({job.job_id(), job.user_id(), std::to_string(job.action_code()), job.action_name(),
                  job.cluster(), job.cluster_url(), std::to_string(job.customer_count()),
                  v1::Job::Status_Name(job.status()),
                  job.has_http_status() ? std::to_string(job.http_status()) : "",
                  failed ? v1::Job::FailureReason_Name(job.failure_reason()) : "",
                  known ? v1::Job::Effect_Name(job.effect()) : "", job.error_message(),
                  TimeText(job.created_at(), job.has_created_at()),
                  TimeText(job.finished_at(), job.has_finished_at()), DurationText(job),
                  job.batch_id(), job.request_id(), job.source_ip(), job.rerun_of()});
}

// A filtered list, page by page, so that its size does not matter.
class ExportProducer final : public http::BodyProducer {
 public:
  ExportProducer(StreamParts& parts, StreamSlots::Slot slot, v1::ListJobsRequest request,
                 Format format, RequestContext context)
      : parts_(parts),
        slot_(std::move(slot)),
        request_(std::move(request)),
        format_(format),
        context_(std::move(context)) {}

  asio::awaitable<absl::StatusOr<std::string>> Next() override {
    std::string piece = first_ && format_ == Format::kCsv ? CsvHead() : "";
    first_ = false;
    // A page may be empty before the end.
    while (piece.empty() && !last_) {
      // Cut off, so that nobody takes the half for the whole.
      if (parts_.draining) co_return absl::CancelledError();
      if (!parts_.authenticator.StillHolds(context_.caller)) co_return absl::CancelledError();
      const auto page = co_await CallService(parts_.services.ledger->async(), &Ledger::ListJobs,
                                             request_, context_, kReadTimeout);
      if (!page.status.ok()) co_return rpc::FromGrpc(page.status);
      for (const v1::Job& job : page.response.jobs()) {
        piece += format_ == Format::kCsv ? ToCsv(job) : ToJson(job) + "\n";
      }
      parts_.metrics.CountExportRows(static_cast<size_t>(page.response.jobs_size()));
      request_.set_page_token(page.response.next_page_token());
      last_ = request_.page_token().empty();
    }
    co_return piece;
  }

 private:
  StreamParts& parts_;
  const StreamSlots::Slot slot_;
  v1::ListJobsRequest request_;
  const Format format_;
  const RequestContext context_;
  bool first_ = true;
  bool last_ = false;
};

// Takes `format` out of the query.
absl::StatusOr<Format> TakeFormat(std::vector<http::QueryParameter>& query) {
  std::optional<Format> format;
  for (auto at = query.begin(); at != query.end(); ++at) {
    if (at->name != "format") continue;
    if (at->value == "csv") format = Format::kCsv;
    if (at->value == "jsonl") format = Format::kJsonLines;
    query.erase(at);
    break;
  }
  if (format.has_value()) return *format;
  Violations violations;
  violations.Add("format", "must be csv or jsonl");
  return violations.ToStatus();
}

// What the audit history says was exported.
std::string FilterText(const http::Request& request) {
  std::string text;
  for (const http::QueryParameter& parameter : request.query) {
    text += (text.empty() ? "" : "&") + parameter.name + "=" + parameter.value;
  }
  return text;
}

http::Response Begin(Format format) {
  const bool csv = format == Format::kCsv;
  const std::string name =
      "jobs-" + absl::FormatTime("%Y%m%dT%H%M%SZ", absl::Now(), absl::UTCTimeZone());
  return {.headers = {{"Content-Type", csv ? "text/csv; charset=utf-8" : "application/x-ndjson"},
                      {"Content-Disposition",
                       "attachment; filename=\"" + name + (csv ? ".csv" : ".jsonl") + "\""}}};
}

asio::awaitable<RouteAnswer> Export(StreamParts& parts, const RequestContext& context) {
  std::vector<http::QueryParameter> query = context.request.query;
  const absl::StatusOr<Format> format = TakeFormat(query);
  if (!format.ok()) co_return format.status();
  v1::ListJobsRequest request;
  const absl::Status status = FromQuery(query, {request.mutable_filter()});
  if (!status.ok()) co_return status;
  request.set_page_size(kPageSize);
  StreamSlots::Slot slot = parts.exports.Take(context.caller.user);
  if (!slot) {
    co_return MakeStatus(absl::StatusCode::kResourceExhausted, "TOO_MANY_EXPORTS",
                         "too many exports at the same time; wait for another to end");
  }
  parts.audit.Record(
      MakeAuditRecord(context, {.action = "EXPORT", .target = FilterText(context.request)}));
  http::Response response = Begin(*format);
  response.producer = std::make_unique<ExportProducer>(parts, std::move(slot), std::move(request),
                                                       *format, context);
  co_return response;
}

}  // namespace

std::vector<Route> ExportRoutes(StreamParts& parts) {
  return {{.method = "GET",
           .pattern = "/api/v1/jobs:export",
           .roles = {Role::kAuditor, Role::kAdmin},
           .handler = [&parts](const RequestContext& context) { return Export(parts, context); }}};
}

}  // namespace tms::gateway
