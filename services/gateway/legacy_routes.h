// The routes of the replaced dashboard, so that its Set Action and User Jobs Audit tabs work
// unchanged. docs/api.md says what each answers.
#pragma once

#include <string_view>
#include <vector>

#include "services/gateway/route_table.h"
#include "services/gateway/services.h"

namespace tms::gateway {

// POST /proxy_fetch. `services` must outlive the routes; so below.
std::vector<Route> LegacyActionRoutes(Services& services);

// GET /api/jobs/…, and the lists that the form shows.
std::vector<Route> LegacyJobRoutes(Services& services);

// GET /api/audit/….
std::vector<Route> LegacyAuditRoutes(Services& services);

// `limit` of a query: 1 to 500, `standard` if it is absent or no number.
int LegacyLimit(const http::Request& request, int standard);

// Value of the first parameter of that name, or empty.
std::string_view QueryValue(const http::Request& request, std::string_view name);

}  // namespace tms::gateway
