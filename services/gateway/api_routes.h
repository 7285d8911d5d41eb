// The routes under /api/v1, and those for machines.
#pragma once

#include <vector>

#include "services/gateway/route_table.h"

namespace tms::gateway {

struct Services;

// POST /api/v1/actions and what its form needs. `services` must outlive the routes; so below.
std::vector<Route> ActionRoutes(Services& services);

// Everything under /api/v1/jobs.
std::vector<Route> JobRoutes(Services& services);

// /healthz, /readyz.
std::vector<Route> HealthRoutes(Services& services);

// All of them.
std::vector<Route> ApiRoutes(Services& services);

}  // namespace tms::gateway
