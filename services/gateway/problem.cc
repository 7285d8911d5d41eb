#include "services/gateway/problem.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace tms::gateway {
namespace {

using absl::StatusCode;

// google.rpc.Code's own mapping to HTTP.
int HttpStatusOf(StatusCode code) {
  switch (code) {
    case StatusCode::kInvalidArgument:
    case StatusCode::kFailedPrecondition:
    case StatusCode::kOutOfRange:
      return 400;
    case StatusCode::kUnauthenticated:
      return 401;
    case StatusCode::kPermissionDenied:
      return 403;
    case StatusCode::kNotFound:
      return 404;
    case StatusCode::kAborted:
    case StatusCode::kAlreadyExists:
      return 409;
    case StatusCode::kResourceExhausted:
      return 429;
    case StatusCode::kCancelled:
      return 499;
    case StatusCode::kUnimplemented:
      return 501;
    case StatusCode::kUnavailable:
      return 503;
    case StatusCode::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

bool IsInternal(StatusCode code) { return HttpStatusOf(code) == 500; }

std::string_view TransportDetail(StatusCode code) {
  if (code == StatusCode::kUnavailable) return "the service behind the gateway can't be reached";
  if (code == StatusCode::kDeadlineExceeded) {
    return "the service behind the gateway did not answer in time";
  }
  return "the service behind the gateway did not answer as it should";
}

struct HttpReason {
  int http_status;
  const char* code;
  const char* reason;
};

constexpr HttpReason kHttpReasons[] = {
    {400, "INVALID_ARGUMENT", "MALFORMED_REQUEST"}, {404, "NOT_FOUND", "NO_ROUTE"},
    {405, "UNIMPLEMENTED", "METHOD_NOT_ALLOWED"},   {413, "INVALID_ARGUMENT", "BODY_TOO_LARGE"},
    {415, "INVALID_ARGUMENT", "BODY_NOT_JSON"},     {417, "INVALID_ARGUMENT", "EXPECTATION_FAILED"},
    {431, "INVALID_ARGUMENT", "HEAD_TOO_LARGE"},    {503, "UNAVAILABLE", "OVERLOADED"},
    {505, "UNIMPLEMENTED", "HTTP_VERSION"},
};

}  // namespace

Problem ToProblem(const absl::Status& status) {
  Problem problem{.http_status = HttpStatusOf(status.code()),
                  .code = absl::StatusCodeToString(status.code()),
                  .reason = Reason(status),
                  .errors = GetViolations(status)};
  if (IsInternal(status.code())) {
    problem.detail = "internal error; the correlation id finds it in the log";
  } else if (problem.reason.empty()) {
    problem.detail = TransportDetail(status.code());
  } else {
    problem.detail = Message(status);
  }
  if (problem.reason.empty()) problem.reason = problem.code;
  return problem;
}

Problem ToProblem(int http_status, std::string_view detail) {
  const auto* known = std::ranges::find(kHttpReasons, http_status, &HttpReason::http_status);
  if (known == std::end(kHttpReasons)) return ToProblem(absl::InternalError(""));
  return {.http_status = http_status,
          .code = known->code,
          .reason = known->reason,
          .detail = std::string(detail)};
}

http::Response ToResponse(const Problem& problem, std::string_view correlation_id) {
  boost::json::object body{{"status", problem.http_status},
                           {"code", problem.code},
                           {"reason", problem.reason},
                           {"detail", problem.detail}};
  if (!problem.errors.empty()) {
    boost::json::array errors;
    for (const FieldViolation& error : problem.errors) {
      errors.push_back({{"field", error.field}, {"description", error.description}});
    }
    body["errors"] = std::move(errors);
  }
  body["correlation_id"] = boost::json::string_view(correlation_id.data(), correlation_id.size());
  return {.status = problem.http_status,
          .headers = {{"Content-Type", "application/problem+json"}},
          .body = boost::json::serialize(body)};
}

}  // namespace tms::gateway
