#include "services/gateway/api_routes.h"

#include <iterator>
#include <utility>

namespace tms::gateway {

std::vector<Route> ApiRoutes(Services& services) {
  std::vector<Route> all;
  for (const auto& part : {ActionRoutes, JobRoutes, HealthRoutes}) {
    std::vector<Route> routes = part(services);
    std::move(routes.begin(), routes.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace tms::gateway
