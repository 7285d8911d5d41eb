#include "services/gateway/route_table.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace tms::gateway {
namespace {

std::vector<std::string> Split(std::string_view pattern) {
  std::vector<std::string> segments;
  while (!pattern.empty()) {
    pattern.remove_prefix(1);  // the slash
    const size_t end = std::min(pattern.find('/'), pattern.size());
    segments.emplace_back(pattern.substr(0, end));
    pattern.remove_prefix(end);
  }
  return segments;
}

bool IsPlaceholder(std::string_view segment) { return segment.starts_with('{'); }

size_t CountPlaceholders(const std::vector<std::string>& segments) {
  return static_cast<size_t>(std::ranges::count_if(segments, IsPlaceholder));
}

// What stands in the place of each placeholder, or nothing if the path does not fit.
std::optional<std::vector<std::string>> Fit(const std::vector<std::string>& segments,
                                            const std::vector<std::string>& path) {
  if (segments.size() != path.size()) return std::nullopt;
  std::vector<std::string> parameters;
  for (size_t i = 0; i < path.size(); ++i) {
    if (IsPlaceholder(segments[i]) && !path[i].empty()) {
      parameters.push_back(path[i]);
    } else if (segments[i] != path[i]) {
      return std::nullopt;
    }
  }
  return parameters;
}

}  // namespace

RouteTable::RouteTable(std::vector<Route> routes) : routes_(std::move(routes)) {
  // So that the first that fits is the most literal one.
  std::ranges::stable_sort(
      routes_, {}, [](const Route& route) { return CountPlaceholders(Split(route.pattern)); });
  for (const Route& route : routes_) segments_.push_back(Split(route.pattern));
}

RouteTable::Match RouteTable::Find(std::string_view method,
                                   const std::vector<std::string>& path) const {
  Match match;
  for (size_t i = 0; i < routes_.size(); ++i) {
    auto parameters = Fit(segments_[i], path);
    if (!parameters.has_value()) continue;
    if (routes_[i].method == method) {
      return {.route = &routes_[i], .path_parameters = *std::move(parameters)};
    }
    match.allowed_methods += (match.allowed_methods.empty() ? "" : ", ") + routes_[i].method;
  }
  return match;
}

}  // namespace tms::gateway
