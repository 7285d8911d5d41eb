#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/status.h"
#include "services/gateway/action_call.h"
#include "services/gateway/forward.h"
#include "services/gateway/legacy_answers.h"
#include "services/gateway/legacy_routes.h"

namespace tms::gateway {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
namespace v1 = tms::action::v1;
using tms::ledger::v1::Job;

json::string_view View(std::string_view text) { return {text.data(), text.size()}; }
std::string Text(const json::string& text) { return {text.data(), text.size()}; }

const json::value* Member(const json::object& object, std::string_view name) {
  return object.if_contains(View(name));
}

std::string TextMember(const json::object& object, std::string_view name) {
  const json::value* value = Member(object, name);
  return value != nullptr && value->is_string() ? Text(value->as_string()) : "";
}

// Customer ids as the old page sent them: texts and numbers, or one alone.
void AddCids(const json::value& value, v1::SetActionRequest& request) {
  if (value.is_array()) {
    for (const json::value& cid : value.as_array()) {
      // An element that is neither is refused by the service as an empty one.
      request.add_cids(cid.is_string()  ? Text(cid.as_string())
                       : cid.is_int64() ? std::to_string(cid.as_int64())
                                        : "");
    }
  } else if (value.is_string()) {
    request.add_cids(Text(value.as_string()));
  } else if (value.is_int64()) {
    request.add_cids(std::to_string(value.as_int64()));
  }
}

// Nothing if the request is for something other than a Set Action.
std::optional<v1::SetActionRequest> ParseSetAction(const json::object& body) {
  const json::value* is_post = Member(body, "isPost");
  const json::value* data = Member(body, "postData");
  if (is_post == nullptr || !is_post->is_bool() || !is_post->as_bool()) return std::nullopt;
  if (data == nullptr || !data->is_object()) return std::nullopt;
  const json::value* cids = Member(data->as_object(), "cids");
  if (cids == nullptr || Member(data->as_object(), "action") == nullptr) return std::nullopt;
  v1::SetActionRequest request;
  request.set_cluster_url(TextMember(body, "url"));
  request.set_bearer_token(TextMember(body, "token"));
  request.set_action(TextMember(data->as_object(), "action"));
  AddCids(*cids, request);
  return request;
}

http::Response Error(int status, int http_status, std::string_view message, const Job& job) {
  http::Response response = JsonResponse(json::serialize(json::object{{"status", "error"},
                                                                      {"message", View(message)},
                                                                      {"httpStatus", http_status},
                                                                      {"job_id", job.job_id()}}));
  // Some statuses have no body, or are no answer.
  response.status = status < 200 || status == 204 || status == 205 || status == 304 ? 502 : status;
  return response;
}

bool IsJson(const std::string& text) {
  json::error_code error;
  json::parse(text, error);
  return !error;
}

// With the cluster's JSON as it came, byte by byte.
http::Response Passed(const std::string& body, const Job& job) {
  return JsonResponse("{\"status\":\"success\",\"data\":" + (body.empty() ? "null" : body) +
                      ",\"httpStatus\":" + std::to_string(job.http_status()) +
                      ",\"job_id\":" + json::serialize(View(job.job_id())) + "}");
}

http::Response ToLegacy(const v1::SetActionResponse& response) {
  const Job& job = response.job();
  const std::string& body = response.response_body();
  const bool accepted = job.http_status() >= 200 && job.http_status() < 300;
  if (job.status() == Job::IN_PROGRESS) return Error(408, 408, "Request timeout", job);
  if (accepted && (body.empty() ? job.status() == Job::SUCCESS : IsJson(body))) {
    return Passed(body, job);
  }
  switch (job.failure_reason()) {
    case Job::HTTP_ERROR:
      return Error(job.http_status(), job.http_status(), job.error_message(), job);
    case Job::INVALID_RESPONSE:
      return Error(500, job.http_status(), job.error_message(), job);
    case Job::TIMEOUT:
      return Error(408, 408, "Request timeout", job);
    default:
      return Error(500, 500, job.error_message(), job);
  }
}

// A URL that is no cluster's is forbidden, everything else that is wrong is a bad request.
absl::Status Refused(absl::Status status) {
  const auto violations = GetViolations(status);
  const bool foreign = std::ranges::any_of(
      violations, [](const FieldViolation& violation) { return violation.field == "cluster_url"; });
  if (!foreign) return status;
  return MakeStatus(absl::StatusCode::kPermissionDenied, "FOREIGN_URL",
                    "The URL belongs to no configured cluster");
}

asio::awaitable<RouteAnswer> ProxyFetch(Services& services, const RequestContext& context) {
  const absl::StatusOr<json::object> body = ParseObject(context.request.body);
  if (!body.ok()) co_return body.status();
  std::optional<v1::SetActionRequest> request = ParseSetAction(*body);
  if (!request.has_value()) co_return NotServedHere();
  const auto response = co_await CallAction(services, context, *std::move(request));
  if (!response.ok()) co_return Refused(response.status());
  co_return ToLegacy(*response);
}

}  // namespace

std::vector<Route> LegacyActionRoutes(Services& services) {
  return {{.method = "POST",
           .pattern = "/proxy_fetch",
           .roles = {Role::kOperator, Role::kAdmin},
           .style = Style::kLegacy,
           .max_body_bytes = kMaxActionBytes,
           .handler = With(services, ProxyFetch)}};
}

}  // namespace tms::gateway
