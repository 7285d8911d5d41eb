// Login, logout, and who is logged in.
#pragma once

#include <vector>

#include "services/gateway/audit.h"
#include "services/gateway/login_throttle.h"
#include "services/gateway/metrics.h"
#include "services/gateway/password.h"
#include "services/gateway/route_table.h"
#include "services/gateway/session_store.h"
#include "services/gateway/user_directory.h"

namespace tms::gateway {

// What these routes work with; owned by main, outlives them.
struct LoginParts {
  SessionStore& sessions;
  const UserDirectory& users;
  PasswordChecker& passwords;
  LoginThrottle& throttle;
  AuditSink& audit;
  Metrics& metrics;
  // The cookie is for HTTPS only.
  bool secure_cookie = false;
};

// POST /api/login, POST /api/logout, GET /api/user/info, GET /api/user/role.
std::vector<Route> SessionRoutes(LoginParts& parts);

}  // namespace tms::gateway
