#include "services/gateway/gateway.h"

#include <exception>
#include <utility>

#include "common/base/status.h"
#include "common/base/text.h"
#include "services/gateway/access_log.h"

namespace tms::gateway {
namespace {

namespace asio = boost::asio;

bool IsJson(std::string_view content_type) {
  return EqualsIgnoreCaseAscii(Trim(content_type.substr(0, content_type.find(';'))),
                               "application/json");
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

}  // namespace

Gateway::Gateway(RouteTable routes, SiteGuard guard, Caller caller)
    : routes_(std::move(routes)), guard_(std::move(guard)), caller_(std::move(caller)) {}

std::variant<size_t, http::Response> Gateway::Admit(const http::Request& head) {
  AccessRecord record = BeginRecord(head);
  const absl::Status allowed = guard_.Check(head);
  if (!allowed.ok()) return Finish(record, allowed);
  const RouteTable::Match match = routes_.Find(head.method, head.path);
  if (match.route == nullptr) {
    if (match.allowed_methods.empty()) {
      return Finish(record, ToProblem(404, "there is nothing at this path"));
    }
    http::Response response =
        Finish(record, ToProblem(405, "this path takes " + match.allowed_methods));
    response.headers.push_back({"Allow", match.allowed_methods});
    return response;
  }
  record.route = match.route->pattern;
  // Asked for even with an empty body: pages of others can send forms and plain text, not this.
  if (match.route->max_body_bytes > 0 && !IsJson(head.FindHeader("content-type"))) {
    return Finish(record, ToProblem(415, "the body must be sent as application/json"));
  }
  return match.route->max_body_bytes;
}

asio::awaitable<http::Response> Gateway::Handle(http::Request request) {
  AccessRecord record = BeginRecord(request);
  RouteTable::Match match = routes_.Find(request.method, request.path);
  record.route = match.route->pattern;
  record.probe = match.route->access == Access::kAnyone;
  RequestContext context{.request = std::move(request),
                         .path_parameters = std::move(match.path_parameters),
                         .correlation_id = record.correlation_id};
  if (match.route->access == Access::kUser) context.caller = caller_;
  record.user = context.caller.user;
  absl::StatusOr<http::Response> answer = co_await Run(*match.route, context);
  if (!answer.ok()) co_return Finish(record, answer.status());
  co_return Finish(record, *std::move(answer));
}

http::Response Gateway::OnRefused(const http::Refusal& refusal, std::string_view peer_address) {
  http::Request unread;
  unread.peer_address = peer_address;
  AccessRecord record = BeginRecord(unread);
  record.method = "-";
  return Finish(record, ToProblem(refusal.status, refusal.detail));
}

}  // namespace tms::gateway
