// From a request to the person behind it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/http/message.h"
#include "services/gateway/caller.h"

namespace tms::gateway {

class SessionStore;
class UserDirectory;

// Thread-safe.
class Authenticator {
 public:
  virtual ~Authenticator() = default;

  // Nothing if nobody is known by it. Counts as activity of a session if `is_activity`, unless the
  // request says that a page makes it by itself.
  virtual std::optional<Caller> Identify(const http::Request& request, bool is_activity) const = 0;

  // Where a request comes from: the other end of the connection, unless that is known to pass on
  // requests of others.
  virtual std::string ClientAddress(const http::Request& request) const {
    return request.peer_address;
  }

  // Whether the caller, identified earlier, would still be. Streams ask it again and again.
  virtual bool StillHolds(const Caller& caller) const = 0;
};

// With the value 1: nobody asked for this, a page that is left open did.
inline constexpr std::string_view kBackgroundHeader = "x-tms-background";

inline constexpr std::string_view kSessionCookie = "tms_session";

// Value of the session's cookie; empty if there is none, or more than one.
std::string_view SessionIdOf(const http::Request& request);

// Whose word about the user is believed.
class TrustedProxy {
 public:
  // Nobody's.
  TrustedProxy() = default;

  // `networks` are written `10.0.0.0/8` or `fd00::/8`; a lone address is one of its own. `header`
  // names the user.
  static absl::StatusOr<TrustedProxy> Parse(const std::vector<std::string>& networks,
                                            std::string_view header);

  // The user that the request is said to come from, if that is to be believed.
  std::optional<std::string> UserOf(const http::Request& request) const;

  // The peer; if that is a trusted proxy, the last address of X-Forwarded-For that is none. What
  // stands before it anybody may have written. Stops at what is no address.
  std::string ClientOf(const http::Request& request) const;

 private:
  struct Network {
    std::string address;  // 4 or 16 bytes
    int prefix = 0;       // bits
  };

  bool IsTrusted(const std::string& address) const;

  std::vector<Network> networks_;
  std::string header_;  // in lower case
};

// By cookie, or by a trusted proxy's header. Immutable beside what it refers to, which must outlive
// it.
class SessionAuthenticator final : public Authenticator {
 public:
  SessionAuthenticator(SessionStore& sessions, const UserDirectory& users, TrustedProxy proxy)
      : sessions_(sessions), users_(users), proxy_(std::move(proxy)) {}

  std::optional<Caller> Identify(const http::Request& request, bool is_activity) const override;
  std::string ClientAddress(const http::Request& request) const override {
    return proxy_.ClientOf(request);
  }
  bool StillHolds(const Caller& caller) const override;

 private:
  SessionStore& sessions_;
  const UserDirectory& users_;
  const TrustedProxy proxy_;
};

}  // namespace tms::gateway
