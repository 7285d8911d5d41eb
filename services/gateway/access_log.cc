#include "services/gateway/access_log.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/status.h"
#include "common/rpc/call_context.h"
#include "common/runtime/logging.h"

namespace tms::gateway {
namespace {

constexpr std::string_view kTag = "HTTP";
constexpr std::string_view kEvent = "http_request";

long ElapsedMs(const AccessRecord& record) {
  return absl::ToInt64Milliseconds(SystemClock().SinceBoot() - record.began);
}

bool Has(const http::Response& response, std::string_view name) {
  return std::ranges::any_of(response.headers,
                             [&](const http::Header& header) { return header.name == name; });
}

http::Response WithCommonHeaders(const AccessRecord& record, http::Response response) {
  response.headers.push_back({"X-Correlation-Id", record.correlation_id});
  response.headers.push_back({"X-Content-Type-Options", "nosniff"});
  if (!Has(response, "Cache-Control")) response.headers.push_back({"Cache-Control", "no-store"});
  if (!Has(response, "Content-Security-Policy")) {
    response.headers.push_back(
        {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"});
  }
  return response;
}

// `error` is logged where it is our fault: in others' mistakes it would quote what they sent.
http::Response FinishProblem(const AccessRecord& record, const Problem& problem,
                             std::string_view error) {
  const bool our_fault = problem.http_status >= 500;
  const auto write = our_fault ? log::Warning : log::Info;
  write(kTag, kEvent,
        {{"method", record.method},
         {"route", record.route},
         {"status", problem.http_status},
         {"elapsed_ms", ElapsedMs(record)},
         {"user", record.user},
         {"peer", record.client_address},
         {"correlation_id", record.correlation_id},
         {"reason", problem.reason},
         {"error", our_fault ? error : ""}});
  return WithCommonHeaders(record, ToResponse(problem, record.correlation_id));
}

}  // namespace

AccessRecord BeginRecord(const http::Request& request, std::string client_address) {
  AccessRecord record{.method = request.method,
                      .client_address = std::move(client_address),
                      .correlation_id = std::string(request.FindHeader("x-correlation-id")),
                      .began = SystemClock().SinceBoot()};
  if (!rpc::IsCorrelationId(record.correlation_id)) record.correlation_id = NewUuidV7(absl::Now());
  return record;
}

http::Response Finish(const AccessRecord& record, http::Response response) {
  const auto write = record.probe ? log::Debug : log::Info;
  write(kTag, kEvent,
        {{"method", record.method},
         {"route", record.route},
         {"status", response.status},
         {"elapsed_ms", ElapsedMs(record)},
         {"user", record.user},
         {"peer", record.client_address},
         {"correlation_id", record.correlation_id}});
  return WithCommonHeaders(record, std::move(response));
}

http::Response Finish(const AccessRecord& record, const Problem& problem) {
  return FinishProblem(record, problem, "");
}

http::Response Finish(const AccessRecord& record, const absl::Status& status) {
  return FinishProblem(record, ToProblem(status), Message(status));
}

}  // namespace tms::gateway
