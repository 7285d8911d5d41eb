// From an HTTP request to its route and back: who asks, may it be asked so, what is said if not.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/http/server.h"
#include "services/gateway/access_log.h"
#include "services/gateway/audit.h"
#include "services/gateway/authenticator.h"
#include "services/gateway/route_table.h"
#include "services/gateway/site_guard.h"

namespace tms::gateway {

// Owned by main, outlives the server; called by many connections at the same time. Writes one
// access log event for each request.
class Gateway final : public http::Handler {
 public:
  // `authenticator` and `audit` must outlive this.
  Gateway(RouteTable routes, SiteGuard guard, const Authenticator& authenticator, AuditSink& audit);

  // The route that a request takes, or null.
  const Route* RouteOf(const http::Request& request) const {
    return routes_.Find(request.method, request.path).route;
  }

  std::variant<size_t, http::Response> Admit(const http::Request& head) override;
  boost::asio::awaitable<http::Response> Handle(http::Request request) override;
  http::Response OnRefused(const http::Refusal& refusal, std::string_view peer_address) override;

 private:
  // What is answered instead of the route, if the caller may not use it.
  std::optional<http::Response> Bar(const AccessRecord& record, const Route& route,
                                    const http::Request& request,
                                    const std::optional<Caller>& caller);

  const RouteTable routes_;
  const SiteGuard guard_;
  const Authenticator& authenticator_;
  AuditSink& audit_;
};

}  // namespace tms::gateway
