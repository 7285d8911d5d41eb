// The routes by which tests and demonstrations steer a running cluster.
#pragma once

#include <string_view>

#include "services/fake_cluster/exchange.h"
#include "services/fake_cluster/hit_log.h"
#include "services/fake_cluster/script.h"

namespace tms::fake_cluster {

// What --help says about them.
extern const char* const kAdminHelp;

bool IsAdmin(const Request& request);

// Answers a request for which IsAdmin holds. These are no hits.
Reply HandleAdmin(const Request& request, Script& script, HitLog& hits);

}  // namespace tms::fake_cluster
