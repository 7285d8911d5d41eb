// For whom a call is made.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace tms::rpc {

// Roles of people. An unknown one gives nothing.
inline constexpr char kViewer[] = "viewer";      // sees own jobs
inline constexpr char kOperator[] = "operator";  // acts, sees own jobs
inline constexpr char kAuditor[] = "auditor";    // sees everything
inline constexpr char kAdmin[] = "admin";        // all of that, and settles jobs

struct Caller {
  // Empty: a service acts for itself.
  std::string user;
  std::vector<std::string> roles;

  bool IsPerson() const { return !user.empty(); }
  bool Has(std::string_view role) const {
    return std::find(roles.begin(), roles.end(), role) != roles.end();
  }
};

}  // namespace tms::rpc
