#include "services/gateway/api_routes.h"

#include <iterator>
#include <utility>

#include "services/gateway/legacy_routes.h"
#include "services/gateway/session_routes.h"
#include "services/gateway/stream_routes.h"

namespace tms::gateway {
namespace {

void Append(std::vector<Route> routes, std::vector<Route>& all) {
  std::move(routes.begin(), routes.end(), std::back_inserter(all));
}

}  // namespace

std::vector<Route> AllRoutes(Services& services, LoginParts& login, StreamParts& streams) {
  std::vector<Route> all;
  for (const auto& part : {ActionRoutes, JobRoutes, HealthRoutes, LegacyActionRoutes,
                           LegacyJobRoutes, LegacyAuditRoutes}) {
    Append(part(services), all);
  }
  Append(SessionRoutes(login), all);
  Append(WatchRoutes(streams), all);
  Append(ExportRoutes(streams), all);
  return all;
}

}  // namespace tms::gateway
