// The routes under /api/v1, and those for machines.
#pragma once

#include <vector>

#include "services/gateway/route_table.h"

namespace tms::gateway {

struct LoginParts;
struct Services;
struct StreamParts;

// POST /api/v1/actions and what its form needs. `services` must outlive the routes; so below.
std::vector<Route> ActionRoutes(Services& services);

// Everything under /api/v1/jobs.
std::vector<Route> JobRoutes(Services& services);

// /healthz, /readyz.
std::vector<Route> HealthRoutes(Services& services);

// Everything that the gateway serves, except the page's files. What it refers to must outlive it.
std::vector<Route> AllRoutes(Services& services, LoginParts& login, StreamParts& streams);

}  // namespace tms::gateway
