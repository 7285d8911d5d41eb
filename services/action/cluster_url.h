// URLs of clusters, taken apart and brought to one spelling, so that two that mean the same compare
// equal and nothing else does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tms::action {

// What is appended to a cluster's base URL to get the URL that an action is posted to.
inline constexpr std::string_view kActionPath = "/tms/v1/set/action";

struct ClusterUrl {
  bool tls = false;
  std::string host;  // lower case; IPv6 in its canonical form, without brackets
  uint16_t port = 0;
  std::string path;  // "" or "/prefix", no final `/`

  // Lower-case scheme and host, no default port, no final `/`.
  std::string Normalised() const;

  friend bool operator==(const ClusterUrl&, const ClusterUrl&) = default;
};

// Takes `http[s]://host[:port][/path]` apart. Anything that could be read as another address by
// somebody else is refused rather than mended: userinfo, query, fragment, percent-encoding, `.`,
// `..` and empty segments, a host with a trailing dot or that looks like a number, port 0.
// INVALID_ARGUMENT says which.
absl::StatusOr<ClusterUrl> ParseClusterUrl(std::string_view text);

}  // namespace tms::action
