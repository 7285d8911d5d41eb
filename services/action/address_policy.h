// Which addresses may be connected to, whatever a name resolves to.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tms::action {

// An immutable value; any thread may use it.
class AddressPolicy {
 public:
  // `networks` are CIDR blocks such as `10.0.0.0/8`; only addresses in one of them are allowed.
  // If there are none, every address is, except loopback, link-local, multicast, unspecified and
  // broadcast ones, also where IPv6 wraps them (6to4, NAT64 and the like).
  // INVALID_ARGUMENT names the block that is none.
  static absl::StatusOr<AddressPolicy> Parse(const std::vector<std::string>& networks);

  // An IPv4-mapped IPv6 address is judged as the IPv4 address that it stands for.
  bool Allows(const boost::asio::ip::address& address) const;

  // What `host` may be reached at: all that it resolved to, unmapped, provided that every address
  // is allowed, since a name that also leads elsewhere is not to be trusted at all.
  // PERMISSION_DENIED names an address that is not; UNAVAILABLE if there is none.
  absl::StatusOr<std::vector<boost::asio::ip::address>> Check(
      std::string_view host, std::vector<boost::asio::ip::address> resolved) const;

 private:
  struct Network {
    boost::asio::ip::address base;
    int prefix_bits;

    bool Contains(const boost::asio::ip::address& address) const;
  };
  static absl::StatusOr<Network> ParseNetwork(const std::string& text);

  std::vector<Network> networks_;
};

}  // namespace tms::action
