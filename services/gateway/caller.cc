#include "services/gateway/caller.h"

#include <algorithm>
#include <utility>

namespace tms::gateway {
namespace {

constexpr std::pair<Role, std::string_view> kNames[] = {{Role::kAdmin, "admin"},
                                                        {Role::kAuditor, "auditor"},
                                                        {Role::kOperator, "operator"},
                                                        {Role::kViewer, "viewer"}};

}  // namespace

std::vector<std::string> Roles::Names() const {
  std::vector<std::string> names;
  for (const auto& [role, name] : kNames) {
    if (Has(role)) names.emplace_back(name);
  }
  return names;
}

std::optional<Role> ParseRole(std::string_view name) {
  for (const auto& [role, known] : kNames) {
    if (known == name) return role;
  }
  return std::nullopt;
}

std::optional<Roles> ParseRoles(std::string_view names) {
  Roles roles;
  while (!names.empty()) {
    const size_t comma = std::min(names.find(','), names.size());
    const std::optional<Role> role = ParseRole(names.substr(0, comma));
    if (!role.has_value()) return std::nullopt;
    roles.Add(*role);
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
  if (roles.empty()) return std::nullopt;
  return roles;
}

std::string JoinRoles(Roles roles) {
  std::string joined;
  for (const std::string& name : roles.Names()) joined += (joined.empty() ? "" : ",") + name;
  return joined;
}

}  // namespace tms::gateway
