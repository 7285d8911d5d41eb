#include "services/gateway/gateway.h"

#include <exception>
#include <utility>

#include "common/base/status.h"
#include "common/base/text.h"
#include "services/gateway/legacy_answers.h"
#include "services/gateway/problem.h"

namespace tms::gateway {
namespace {

namespace asio = boost::asio;

bool IsJson(std::string_view content_type) {
  return EqualsIgnoreCaseAscii(Trim(content_type.substr(0, content_type.find(';'))),
                               "application/json");
}

bool HasNoBody(const http::Request& head) {
  const std::string_view length = head.FindHeader("content-length");
  return length.find_first_not_of('0') == length.npos;
}

// Runs the route's handler; what it throws becomes a status.
asio::awaitable<absl::StatusOr<http::Response>> Run(const Route& route,
                                                    const RequestContext& context) {
  try {
    co_return co_await route.handler(context);
  } catch (const std::exception& error) {
    co_return MakeStatus(absl::StatusCode::kInternal, "EXCEPTION", error.what());
  }
}

std::string Join(const http::Request& request) {
  std::string path;
  for (const std::string& segment : request.path) path += "/" + segment;
  return path;
}

// Logged as the problem that it is, told in the replaced system's form.
http::Response FinishLegacy(const AccessRecord& record, const absl::Status& status) {
  const Problem problem = ToProblem(status);
  http::Response response = Finish(record, status);
  http::Response legacy = LegacyFailure(problem.http_status, problem.detail);
  response.body = std::move(legacy.body);
  response.headers.front() = std::move(legacy.headers.front());
  return response;
}

}  // namespace

Gateway::Gateway(RouteTable routes, SiteGuard guard, const Authenticator& authenticator,
                 AuditSink& audit)
    : routes_(std::move(routes)),
      guard_(std::move(guard)),
      authenticator_(authenticator),
      audit_(audit) {}

std::variant<size_t, http::Response> Gateway::Admit(const http::Request& head) {
  AccessRecord record = BeginRecord(head, authenticator_.ClientAddress(head));
  const absl::Status allowed = guard_.Check(head);
  if (!allowed.ok()) return Finish(record, allowed);
  const RouteTable::Match match = routes_.Find(head.method, head.path);
  if (match.route == nullptr) {
    if (match.allowed_methods.empty()) {
      // The replaced system's other routes; ours are below /api/v1.
      const bool legacy = head.path.size() > 1 && head.path[0] == "api" && head.path[1] != "v1";
      if (legacy) return Finish(record, NotServedHere());
      return Finish(record, ToProblem(404, "there is nothing at this path"));
    }
    http::Response response =
        Finish(record, ToProblem(405, "this path takes " + match.allowed_methods));
    response.headers.push_back({"Allow", match.allowed_methods});
    return response;
  }
  record.route = match.route->pattern;
  if (match.route->access == Access::kUser) {
    const std::optional<Caller> caller = authenticator_.Identify(head, match.route->is_activity);
    if (caller.has_value()) record.user = caller->user;
    if (auto bar = Bar(record, *match.route, head, caller)) return *std::move(bar);
  }
  // Asked for even with an empty body: pages of others can send forms and plain text, not this.
  const bool may_be_empty = match.route->body_optional && HasNoBody(head);
  if (match.route->max_body_bytes > 0 && !may_be_empty &&
      !IsJson(head.FindHeader("content-type"))) {
    return Finish(record, ToProblem(415, "the body must be sent as application/json"));
  }
  return match.route->max_body_bytes;
}

std::optional<http::Response> Gateway::Bar(const AccessRecord& record, const Route& route,
                                           const http::Request& request,
                                           const std::optional<Caller>& caller) {
  if (!caller.has_value()) {
    if (route.style == Style::kApi) {
      return Finish(record, MakeStatus(absl::StatusCode::kUnauthenticated, "NOT_LOGGED_IN",
                                       "nobody is logged in; POST /api/login"));
    }
    return Finish(record, request.method == "GET" ? RedirectToLogin() : LegacyUnauthorized());
  }
  if (caller->roles.HasAnyOf(route.roles)) return std::nullopt;
  audit_.Record(MakeAuditRecord(caller->user, record.client_address,
                                {.action = "ACCESS_DENIED",
                                 .target = route.method + " " + route.pattern,
                                 .success = false,
                                 .detail = "needs a role of " + JoinRoles(route.roles)}));
  const std::string detail = "this needs one of the roles " + JoinRoles(route.roles);
  if (route.style == Style::kLegacy) return Finish(record, LegacyFailure(403, detail));
  return Finish(record, MakeStatus(absl::StatusCode::kPermissionDenied, "ROLE_MISSING", detail));
}

asio::awaitable<http::Response> Gateway::Handle(http::Request request) {
  AccessRecord record = BeginRecord(request, authenticator_.ClientAddress(request));
  RouteTable::Match match = routes_.Find(request.method, request.path);
  const Route& route = *match.route;
  record.route = route.pattern;
  record.probe = route.access == Access::kAnyone && route.method == "GET";
  RequestContext context{.request = std::move(request),
                         .path_parameters = std::move(match.path_parameters),
                         .correlation_id = record.correlation_id,
                         .client_address = record.client_address};
  if (route.access == Access::kUser) {
    // Anew: a session may have ended while the body came in.
    std::optional<Caller> caller = authenticator_.Identify(context.request, route.is_activity);
    if (auto bar = Bar(record, route, context.request, caller)) co_return *std::move(bar);
    context.caller = *std::move(caller);
  }
  record.user = context.caller.user;
  absl::StatusOr<http::Response> answer = co_await Run(route, context);
  if (answer.ok()) co_return Finish(record, *std::move(answer));
  const absl::Status status = answer.status();
  if (status.code() == absl::StatusCode::kPermissionDenied) {
    audit_.Record(MakeAuditRecord(context, {.action = "ACCESS_DENIED",
                                            .target = route.method + " " + Join(context.request),
                                            .success = false,
                                            .detail = std::string(Message(status))}));
  }
  if (route.style == Style::kLegacy) co_return FinishLegacy(record, status);
  co_return Finish(record, status);
}

http::Response Gateway::OnRefused(const http::Refusal& refusal, std::string_view peer_address) {
  http::Request unread;
  AccessRecord record = BeginRecord(unread, std::string(peer_address));
  record.method = "-";
  return Finish(record, ToProblem(refusal.status, refusal.detail));
}

}  // namespace tms::gateway
