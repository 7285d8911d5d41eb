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

// HEAD asks for what everybody may read; elsewhere it would do work for no answer.
bool TakesHead(const Route& route) {
  return route.method == "GET" && route.access == Access::kAnyone;
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

// What a path with the given segments is looked up by.
std::string Join(const std::vector<std::string>& path) {
  std::string joined;
  for (const std::string& segment : path) joined += "/" + segment;
  return joined;
}

}  // namespace

RouteTable::RouteTable(std::vector<Route> routes) : routes_(std::move(routes)) {
  for (size_t i = 0; i < routes_.size(); ++i) {
    std::vector<std::string> segments = Split(routes_[i].pattern);
    if (std::ranges::any_of(segments, IsPlaceholder)) {
      patterns_.push_back({std::move(segments), i});
    } else {
      literals_.emplace(routes_[i].pattern, i);
    }
  }
  // So that the first that fits is the most literal one.
  std::ranges::stable_sort(
      patterns_, {}, [](const Pattern& pattern) { return CountPlaceholders(pattern.segments); });
}

RouteTable::Match RouteTable::Find(std::string_view method,
                                   const std::vector<std::string>& path) const {
  Match match;
  // False once the route is found.
  const auto consider = [&](size_t index, std::vector<std::string> parameters) {
    const Route& route = routes_[index];
    const bool head = method == "HEAD" && TakesHead(route);
    if (head || route.method == method) {
      match = {.route = &route, .path_parameters = std::move(parameters)};
      return false;
    }
    match.allowed_methods += (match.allowed_methods.empty() ? "" : ", ") + route.method;
    if (TakesHead(route)) match.allowed_methods += ", HEAD";
    return true;
  };
  const auto [first, last] = literals_.equal_range(Join(path));
  for (auto literal = first; literal != last; ++literal) {
    if (!consider(literal->second, {})) return match;
  }
  for (const Pattern& pattern : patterns_) {
    auto parameters = Fit(pattern.segments, path);
    if (parameters.has_value() && !consider(pattern.route, *std::move(parameters))) return match;
  }
  return match;
}

}  // namespace tms::gateway
