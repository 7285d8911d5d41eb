// All routes of the gateway, in one table.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/http/message.h"
#include "services/gateway/caller.h"

namespace tms::gateway {

// One request on its way through its route's handler. Lives until the handler has ended.
struct RequestContext {
  http::Request request;
  // What stood in the place of each `{…}` of the route's pattern, in order.
  std::vector<std::string> path_parameters;
  // Empty on routes with Access::kAnyone.
  Caller caller;
  std::string correlation_id;
  // Of whoever asks: the connection's, or what a trusted proxy says of it.
  std::string client_address;
};

// The answer, or a status that is answered as a problem. A status whose Reason is empty comes from
// the transport, so its text is not shown.
using RouteHandler = std::function<boost::asio::awaitable<absl::StatusOr<http::Response>>(
    const RequestContext& context)>;

enum class Access {
  kAnyone,  // machines that look whether we live, the page itself, the login
  kUser,    // somebody who is logged in and has one of the route's roles
};

// How a caller that is not let in is told so.
enum class Style {
  kApi,     // as a problem
  kLegacy,  // as the replaced system did: a way to the login, or its own JSON
};

struct Route {
  std::string method;
  // `/api/v1/jobs/{id}/events`; a `{…}` stands for one whole segment that is not empty.
  std::string pattern;
  Access access = Access::kUser;
  // One of them is enough.
  Roles roles = kEveryRole;
  Style style = Style::kApi;
  // 0: the route takes no body. Otherwise the body is JSON.
  size_t max_body_bytes = 0;
  bool body_optional = false;
  // Whether a request counts as activity of its session, unless it says that it is none.
  bool is_activity = true;
  // What its requests are counted under, where that is not the pattern.
  std::string counted_as;
  RouteHandler handler;

  std::string_view label() const { return counted_as.empty() ? pattern : counted_as; }
};

// Immutable, so any thread may look things up.
class RouteTable {
 public:
  explicit RouteTable(std::vector<Route> routes);

  struct Match {
    // Null if there is none for this path and method.
    const Route* route = nullptr;
    std::vector<std::string> path_parameters;
    // Methods that the path has, comma-separated; empty if the path is unknown.
    std::string allowed_methods;
  };
  // Literal segments win over `{…}` if both fit. HEAD finds the GET route of what anyone may read.
  Match Find(std::string_view method, const std::vector<std::string>& path) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  struct Pattern {
    std::vector<std::string> segments;
    size_t route;  // position in routes_
  };

  std::vector<Route> routes_;
  std::multimap<std::string, size_t, std::less<>> literals_;  // positions in routes_ by pattern
  std::vector<Pattern> patterns_;                             // those with a `{…}`
};

}  // namespace tms::gateway
