#include "services/gateway/site_guard.h"

#include <algorithm>
#include <utility>

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/runtime/options.h"

namespace tms::gateway {
namespace {

bool OnlyReads(const http::Request& request) {
  return request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS";
}

// `name`, `name:80`, `[::1]`, `[::1]:80`: the name in lower case, without port and brackets. Empty
// for anything else in brackets.
std::string HostName(std::string_view host) {
  std::string name = ToLowerAscii(host);
  if (name.starts_with('[')) {
    const size_t end = name.find(']');
    if (end == std::string::npos) return "";
    const bool only_port_follows = end + 1 == name.size() || name[end + 1] == ':';
    return only_port_follows ? name.substr(1, end - 1) : "";
  }
  return name.substr(0, name.find(':'));
}

bool IsOwnOrigin(std::string_view origin, std::string_view host) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme) && EqualsIgnoreCaseAscii(origin.substr(scheme.size()), host)) {
      return true;
    }
  }
  return false;
}

absl::Status CrossSite() {
  return MakeStatus(absl::StatusCode::kPermissionDenied, "CROSS_SITE",
                    "requests from pages of other sites are refused");
}

}  // namespace

SiteGuard::SiteGuard(std::vector<std::string> allowed_hosts)
    : allowed_hosts_(std::move(allowed_hosts)) {
  for (std::string& host : allowed_hosts_) host = ToLowerAscii(host);
}

absl::Status SiteGuard::Check(const http::Request& request) const {
  const std::string_view host = request.FindHeader("host");
  if (!IsOurHost(host)) {
    return MakeStatus(absl::StatusCode::kPermissionDenied, "HOST_NOT_ALLOWED",
                      "the Host header names no host of this gateway");
  }
  const std::string_view origin = request.FindHeader("origin");
  const std::string_view site = request.FindHeader("sec-fetch-site");
  if (!origin.empty() && !IsOwnOrigin(origin, host)) return CrossSite();
  if (OnlyReads(request)) return absl::OkStatus();
  // `none`: the person's own doing.
  const bool own_site = site == "same-origin" || site == "none";
  if (!site.empty() && !own_site) return CrossSite();
  if (!origin.empty() || own_site) return absl::OkStatus();
  // Every browser says where a change comes from; scripts can.
  return MakeStatus(absl::StatusCode::kPermissionDenied, "ORIGIN_MISSING",
                    "a request that changes something needs the header Origin with the gateway's "
                    "own address");
}

bool SiteGuard::IsOurHost(std::string_view host) const {
  const std::string name = HostName(host);
  return IsLoopbackHost(name) || std::ranges::find(allowed_hosts_, name) != allowed_hosts_.end();
}

}  // namespace tms::gateway
