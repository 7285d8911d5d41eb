// Who makes a request, and what that person may do.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tms::gateway {

enum class Role : uint8_t {
  kViewer = 1,    // reads own jobs
  kOperator = 2,  // runs actions, reads own jobs
  kAuditor = 4,   // reads all jobs
  kAdmin = 8,     // everything
};

// A set of roles as a plain value.
class Roles {
 public:
  constexpr Roles() = default;
  constexpr Roles(std::initializer_list<Role> roles) {
    for (const Role role : roles) Add(role);
  }

  constexpr void Add(Role role) { bits_ |= static_cast<uint8_t>(role); }
  constexpr bool Has(Role role) const { return (bits_ & static_cast<uint8_t>(role)) != 0; }
  constexpr bool HasAnyOf(Roles others) const { return (bits_ & others.bits_) != 0; }
  constexpr bool empty() const { return bits_ == 0; }

  // `auditor`, `operator`, …, always in the same order.
  std::vector<std::string> Names() const;

  friend constexpr bool operator==(Roles, Roles) = default;

 private:
  uint8_t bits_ = 0;
};

inline constexpr Roles kEveryRole = {Role::kViewer, Role::kOperator, Role::kAuditor, Role::kAdmin};

// `viewer`, `operator`, `auditor`, `admin`; nothing for any other word.
std::optional<Role> ParseRole(std::string_view name);

// Names with commas between: `operator,auditor`. Nothing if one is unknown or there is none.
std::optional<Roles> ParseRoles(std::string_view names);
std::string JoinRoles(Roles roles);

// A person who is known. A plain value; whether it still holds only the Authenticator can say.
struct Caller {
  std::string user;
  Roles roles;
  // Of the user's account when this was made; grows with every change of it.
  int64_t account_version = 0;
  // Key of the session; empty where a proxy vouches for each request.
  std::string session;

  bool SeesAllJobs() const { return roles.HasAnyOf({Role::kAuditor, Role::kAdmin}); }
};

}  // namespace tms::gateway
