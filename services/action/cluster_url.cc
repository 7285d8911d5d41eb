#include "services/action/cluster_url.h"

#include <algorithm>
#include <boost/url.hpp>

#include "common/base/status.h"
#include "common/base/text.h"

namespace tms::action {
namespace {

namespace urls = boost::urls;

// Longer ones than any proxy or browser takes.
constexpr size_t kMaxUrlBytes = 2'048;
constexpr uint16_t kHttpPort = 80;
constexpr uint16_t kHttpsPort = 443;

absl::Status Invalid(std::string_view why) {
  return MakeStatus(absl::StatusCode::kInvalidArgument, why);
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || IsDigit(c) || c == '-' || c == '_' || c == '.';
}

// Resolvers read `2130706433`, `0x7f000001` and `127.1` as addresses: a name's last label must not
// begin with a digit.
absl::StatusOr<std::string> ParseHostName(std::string_view encoded) {
  std::string host = ToLowerAscii(encoded);
  if (host.empty()) return Invalid("the host is missing");
  if (!std::ranges::all_of(host, IsHostCharacter)) {
    return Invalid("the host may hold only letters, digits, `-`, `_` and `.`");
  }
  if (host.front() == '.' || host.back() == '.' || host.find("..") != std::string::npos) {
    return Invalid("the host must not begin or end with a dot or hold an empty label");
  }
  if (IsDigit(host[host.rfind('.') + 1])) return Invalid("the host looks like a number");
  return host;
}

absl::StatusOr<std::string> ParseHost(const urls::url_view& url) {
  switch (url.host_type()) {
    case urls::host_type::ipv4:
      return url.host_ipv4_address().to_string();
    case urls::host_type::ipv6:
      return url.host_ipv6_address().to_string();
    case urls::host_type::name:
      return ParseHostName(url.encoded_host());
    default:
      return Invalid("the host must be a name or an address");
  }
}

absl::StatusOr<std::string> ParsePath(std::string_view path) {
  if (path.ends_with('/')) path.remove_suffix(1);
  for (std::string_view rest = path; !rest.empty();) {
    rest.remove_prefix(1);  // the segment's `/`
    const std::string_view segment = rest.substr(0, rest.find('/'));
    if (segment.empty() || segment == "." || segment == "..") {
      return Invalid("the path must not hold `.`, `..` or empty segments");
    }
    rest.remove_prefix(segment.size());
  }
  return std::string(path);
}

absl::Status CheckParts(const urls::url_view& url) {
  const auto scheme = url.scheme_id();
  if (scheme != urls::scheme::http && scheme != urls::scheme::https) {
    return Invalid("the scheme must be http or https");
  }
  if (!url.has_authority()) return Invalid("the host is missing");
  if (url.has_userinfo()) return Invalid("a user or password is not allowed");
  if (url.has_query()) return Invalid("a query is not allowed");
  if (url.has_fragment()) return Invalid("a fragment is not allowed");
  if (url.has_port() && url.port_number() == 0) return Invalid("the port must be 1 to 65535");
  return absl::OkStatus();
}

}  // namespace

std::string ClusterUrl::Normalised() const {
  std::string url = tls ? "https://" : "http://";
  url += host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (tls ? kHttpsPort : kHttpPort)) url += ":" + std::to_string(port);
  return url + path;
}

absl::StatusOr<ClusterUrl> ParseClusterUrl(std::string_view text) {
  if (text.size() > kMaxUrlBytes) return Invalid("longer than 2,048 bytes");
  if (text.find('%') != std::string_view::npos) return Invalid("percent-encoding is not allowed");
  const auto parsed = urls::parse_uri(text);
  if (!parsed) return Invalid("not a URL such as https://cluster.example:8443/prefix");
  const urls::url_view& url = *parsed;
  TMS_RETURN_IF_ERROR(CheckParts(url));

  ClusterUrl result;
  result.tls = url.scheme_id() == urls::scheme::https;
  TMS_ASSIGN_OR_RETURN(result.host, ParseHost(url));
  result.port = url.has_port() ? url.port_number() : result.tls ? kHttpsPort : kHttpPort;
  TMS_ASSIGN_OR_RETURN(result.path, ParsePath(url.encoded_path()));
  return result;
}

}  // namespace tms::action
