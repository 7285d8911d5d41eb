#include "services/gateway/metered_handler.h"

#include <string>

#include "common/base/clock.h"

namespace tms::gateway {
namespace {

namespace asio = boost::asio;

// What has no route.
constexpr std::string_view kNone = "-";

http::Response PlainText(int status, std::string body) {
  return {.status = status,
          .headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"},
                      {"Cache-Control", "no-store"},
                      {"X-Content-Type-Options", "nosniff"}},
          .body = std::move(body)};
}

}  // namespace

std::variant<size_t, http::Response> MeteredHandler::Admit(const http::Request& head) {
  const absl::Duration began = SystemClock().SinceBoot();
  auto admitted = gateway_.Admit(head);
  if (const auto* answer = std::get_if<http::Response>(&admitted)) {
    const Route* route = gateway_.RouteOf(head);
    metrics_.CountRequest(route == nullptr ? kNone : route->method,
                          route == nullptr ? kNone : route->label(), answer->status,
                          SystemClock().SinceBoot() - began);
  }
  return admitted;
}

asio::awaitable<http::Response> MeteredHandler::Handle(http::Request request) {
  const absl::Duration began = SystemClock().SinceBoot();
  const Route& route = *gateway_.RouteOf(request);
  http::Response response = co_await gateway_.Handle(std::move(request));
  metrics_.CountRequest(route.method, route.label(), response.status,
                        SystemClock().SinceBoot() - began);
  co_return response;
}

http::Response MeteredHandler::OnRefused(const http::Refusal& refusal,
                                         std::string_view peer_address) {
  metrics_.CountRequest(kNone, kNone, refusal.status, absl::ZeroDuration());
  return gateway_.OnRefused(refusal, peer_address);
}

std::variant<size_t, http::Response> MetricsHandler::Admit(const http::Request& head) {
  if (head.path != std::vector<std::string>{"metrics"}) {
    return PlainText(404, "there is only /metrics\n");
  }
  if (head.method == "GET" || head.method == "HEAD") return size_t{0};
  http::Response response = PlainText(405, "GET only\n");
  response.headers.push_back({"Allow", "GET, HEAD"});
  return response;
}

asio::awaitable<http::Response> MetricsHandler::Handle(http::Request) {
  const Levels levels = look_();
  co_return PlainText(200, metrics_.Text(levels));
}

http::Response MetricsHandler::OnRefused(const http::Refusal& refusal, std::string_view) {
  return PlainText(refusal.status, refusal.detail + "\n");
}

}  // namespace tms::gateway
