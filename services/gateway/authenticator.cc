#include "services/gateway/authenticator.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <ranges>

#include "common/base/status.h"
#include "common/base/text.h"
#include "services/gateway/session_store.h"
#include "services/gateway/user_directory.h"

namespace tms::gateway {
namespace {

// Bytes of a numeric address, an IPv4 one in IPv6 form as IPv4; empty for anything else.
std::string AddressBytes(const std::string& text) {
  namespace ip = boost::asio::ip;
  boost::system::error_code error;
  ip::address address = ip::make_address(text, error);
  if (error) return "";
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = ip::make_address_v4(ip::v4_mapped, address.to_v6());
  }
  const auto text_of = [](const auto& bytes) {
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  return address.is_v4() ? text_of(address.to_v4().to_bytes())
                         : text_of(address.to_v6().to_bytes());
}

// The usual form of what AddressBytes gave.
std::string AddressText(const std::string& bytes) {
  namespace ip = boost::asio::ip;
  if (bytes.size() == 4) {
    ip::address_v4::bytes_type v4;
    std::ranges::copy(bytes, v4.begin());
    return ip::make_address_v4(v4).to_string();
  }
  ip::address_v6::bytes_type v6;
  std::ranges::copy(bytes, v6.begin());
  return ip::make_address_v6(v6).to_string();
}

bool SamePrefix(std::string_view a, std::string_view b, int bits) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; bits > 0; ++i, bits -= 8) {
    const int mask = bits >= 8 ? 0xff : 0xff << (8 - bits);
    if (((a[i] ^ b[i]) & mask & 0xff) != 0) return false;
  }
  return true;
}

absl::Status NotANetwork(const std::string& text) {
  return MakeStatus(absl::StatusCode::kInvalidArgument,
                    "--trusted-proxy: " + text + " is no network such as 10.0.0.0/8");
}

}  // namespace

std::string_view SessionIdOf(const http::Request& request) {
  std::string_view cookies = request.FindHeader("cookie");
  std::string_view id;
  int found = 0;
  while (!cookies.empty()) {
    const size_t end = std::min(cookies.find(';'), cookies.size());
    const std::string_view pair = Trim(cookies.substr(0, end));
    cookies.remove_prefix(std::min(end + 1, cookies.size()));
    const size_t equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) != kSessionCookie || equals == pair.size()) continue;
    id = pair.substr(equals + 1);
    ++found;
  }
  return found == 1 ? id : std::string_view();
}

absl::StatusOr<TrustedProxy> TrustedProxy::Parse(const std::vector<std::string>& networks,
                                                 std::string_view header) {
  TrustedProxy proxy;
  proxy.header_ = ToLowerAscii(header);
  for (const std::string& text : networks) {
    const size_t slash = std::min(text.find('/'), text.size());
    Network network{.address = AddressBytes(text.substr(0, slash))};
    if (network.address.empty()) return NotANetwork(text);
    const int longest = static_cast<int>(network.address.size()) * 8;
    network.prefix = longest;
    if (slash < text.size()) {
      const char* end = text.data() + text.size();
      const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, network.prefix);
      const bool read = error == std::errc() && stop == end;
      if (!read || network.prefix < 0 || network.prefix > longest) return NotANetwork(text);
    }
    proxy.networks_.push_back(std::move(network));
  }
  return proxy;
}

std::optional<std::string> TrustedProxy::UserOf(const http::Request& request) const {
  if (!IsTrusted(request.peer_address)) return std::nullopt;
  const auto named = [&](const http::Header& header) { return header.name == header_; };
  // Of two, one might have come through the proxy instead of from it.
  if (std::ranges::count_if(request.headers, named) != 1) return std::nullopt;
  return std::string(request.FindHeader(header_));
}

bool TrustedProxy::IsTrusted(const std::string& address) const {
  if (networks_.empty()) return false;
  const std::string bytes = AddressBytes(address);
  return std::ranges::any_of(networks_, [&](const Network& network) {
    return SamePrefix(bytes, network.address, network.prefix);
  });
}

std::string TrustedProxy::ClientOf(const http::Request& request) const {
  std::string client = request.peer_address;
  if (!IsTrusted(client)) return client;
  // Each proxy adds its own peer at the end, to the last header or as one more.
  for (const http::Header& header : request.headers | std::views::reverse) {
    if (header.name != "x-forwarded-for") continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const size_t comma = rest.rfind(',');
      const std::string hop(Trim(comma == rest.npos ? rest : rest.substr(comma + 1)));
      const std::string bytes = AddressBytes(hop);
      if (bytes.empty()) return client;
      client = AddressText(bytes);
      if (!IsTrusted(client)) return client;
      rest = rest.substr(0, comma == rest.npos ? 0 : comma);
    }
  }
  return client;
}

std::optional<Caller> SessionAuthenticator::Identify(const http::Request& request,
                                                     bool is_activity) const {
  if (const std::optional<std::string> user = proxy_.UserOf(request)) {
    const std::optional<Account> account = users_.Find(*user);
    if (!account.has_value() || account->disabled) return std::nullopt;
    return Caller{
        .user = account->user, .roles = account->roles, .account_version = account->version};
  }
  const std::string_view id = SessionIdOf(request);
  if (id.empty()) return std::nullopt;
  const bool prolongs = is_activity && request.FindHeader(kBackgroundHeader) != "1";
  const auto session = prolongs ? sessions_.Touch(id) : sessions_.Find(id);
  if (!session.has_value()) return std::nullopt;
  if (users_.IsUnchanged(session->caller)) return session->caller;
  sessions_.End(session->caller.session);
  return std::nullopt;
}

bool SessionAuthenticator::StillHolds(const Caller& caller) const {
  const bool lives = caller.session.empty() || sessions_.Lives(caller.session);
  return lives && users_.IsUnchanged(caller);
}

}  // namespace tms::gateway
