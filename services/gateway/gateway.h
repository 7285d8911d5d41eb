// From an HTTP request to its route and back: who asks, may it be asked so, what is said if not.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "common/http/server.h"
#include "services/gateway/problem.h"
#include "services/gateway/route_table.h"
#include "services/gateway/site_guard.h"

namespace tms::gateway {

// Owned by main, outlives the server; called by many connections at the same time. Writes one
// access log event for each request.
class Gateway final : public http::Handler {
 public:
  // `caller` is believed to make every request to a route with Access::kUser.
  Gateway(RouteTable routes, SiteGuard guard, Caller caller);

  std::variant<size_t, http::Response> Admit(const http::Request& head) override;
  boost::asio::awaitable<http::Response> Handle(http::Request request) override;
  http::Response OnRefused(const http::Refusal& refusal, std::string_view peer_address) override;

 private:
  const RouteTable routes_;
  const SiteGuard guard_;
  const Caller caller_;
};

}  // namespace tms::gateway
