// Keeps web pages of others from using a person's browser against us.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/http/message.h"

namespace tms::gateway {

// Immutable, so any thread may ask.
class SiteGuard {
 public:
  // `allowed_hosts`: names under which the gateway may be reached besides the loopback ones,
  // without port.
  explicit SiteGuard(std::vector<std::string> allowed_hosts);

  // PERMISSION_DENIED if the Host is none of ours (a name that somebody made point here: DNS
  // rebinding), if the request's Origin is another one's, or if a request that is more than reading
  // does not say by Origin or Sec-Fetch-Site that it comes from us.
  absl::Status Check(const http::Request& request) const;

 private:
  bool IsOurHost(std::string_view host) const;

  std::vector<std::string> allowed_hosts_;  // in lower case
};

}  // namespace tms::gateway
