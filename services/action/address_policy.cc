#include "services/action/address_policy.h"

#include <algorithm>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/base/status.h"

namespace tms::action {
namespace {

namespace ip = boost::asio::ip;
using V6Bytes = ip::address_v6::bytes_type;

constexpr int kBitsInByte = 8;

// Whether the first `bits` of both are equal.
bool SamePrefix(const unsigned char* a, const unsigned char* b, int bits) {
  const int whole = bits / kBitsInByte;
  if (!std::equal(a, a + whole, b)) return false;
  const int rest = bits % kBitsInByte;
  return rest == 0 || (a[whole] ^ b[whole]) >> (kBitsInByte - rest) == 0;
}

bool IsSpecial(ip::address_v4 address) {
  const uint32_t value = address.to_uint();
  const bool this_network = value >> 24 == 0;
  const bool link_local = value >> 16 == 0xA9FE;  // 169.254/16
  return this_network || link_local || address.is_loopback() || address.is_multicast() ||
         address == ip::address_v4::broadcast();
}

// An IPv6 block whose addresses lead to the IPv4 address that they contain.
struct Wrapping {
  V6Bytes base;
  int prefix_bits;
  size_t v4_offset;  // byte at which the IPv4 address begins
};

constexpr Wrapping kWrappings[] = {
    {{}, 96, 12},                                    // ::/96, IPv4-compatible
    {{0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96, 12},  // ::ffff:0:0:0/96, SIIT
    {{0x00, 0x64, 0xFF, 0x9B}, 96, 12},              // 64:ff9b::/96, NAT64
    {{0x00, 0x64, 0xFF, 0x9B, 0x00, 0x01}, 48, 12},  // 64:ff9b:1::/48, local NAT64
    {{0x20, 0x02}, 16, 2},                           // 2002::/16, 6to4
};

std::optional<ip::address_v4> Wrapped(const V6Bytes& bytes) {
  for (const Wrapping& wrapping : kWrappings) {
    if (!SamePrefix(bytes.data(), wrapping.base.data(), wrapping.prefix_bits)) continue;
    ip::address_v4::bytes_type v4;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(wrapping.v4_offset), v4.size(),
                v4.begin());
    return ip::address_v4(v4);
  }
  return std::nullopt;
}

bool IsSpecial(const ip::address_v6& address) {
  if (address.is_unspecified() || address.is_loopback() || address.is_link_local() ||
      address.is_multicast()) {
    return true;
  }
  const std::optional<ip::address_v4> wrapped = Wrapped(address.to_bytes());
  return wrapped && IsSpecial(*wrapped);
}

bool IsSpecial(const ip::address& address) {
  return address.is_v4() ? IsSpecial(address.to_v4()) : IsSpecial(address.to_v6());
}

// `address` without the IPv6 wrapping of an IPv4-mapped one.
ip::address Unmap(const ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return ip::make_address_v4(ip::v4_mapped, address.to_v6());
}

template <class Network>
bool IsCanonical(const Network& network) {
  return network == network.canonical();
}

}  // namespace

absl::StatusOr<AddressPolicy::Network> AddressPolicy::ParseNetwork(const std::string& text) {
  const auto refuse = [&text] {
    return MakeStatus(absl::StatusCode::kInvalidArgument,
                      "`" + text + "` is not a CIDR block such as 10.0.0.0/8");
  };
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return refuse();
  boost::system::error_code error;
  const ip::address base = ip::make_address(text.substr(0, slash), error);
  // A mapped block would never match: addresses are unmapped first.
  if (error || Unmap(base) != base) return refuse();
  int prefix_bits = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + slash + 1, end, prefix_bits);
  const int max_bits = base.is_v4() ? 32 : 128;
  if (parsed.ec != std::errc() || parsed.ptr != end || prefix_bits < 0 || prefix_bits > max_bits) {
    return refuse();
  }
  // Bits behind the prefix are a slip of the pen: which of the two was meant?
  const bool clean = base.is_v4() ? IsCanonical(ip::network_v4(base.to_v4(), prefix_bits))
                                  : IsCanonical(ip::network_v6(base.to_v6(), prefix_bits));
  if (!clean) return refuse();
  return Network{base, prefix_bits};
}

absl::StatusOr<AddressPolicy> AddressPolicy::Parse(const std::vector<std::string>& networks) {
  AddressPolicy policy;
  for (const std::string& text : networks) {
    TMS_ASSIGN_OR_RETURN(Network network, ParseNetwork(text));
    policy.networks_.push_back(network);
  }
  return policy;
}

bool AddressPolicy::Network::Contains(const ip::address& address) const {
  if (address.is_v4() != base.is_v4()) return false;
  if (address.is_v4()) {
    return SamePrefix(address.to_v4().to_bytes().data(), base.to_v4().to_bytes().data(),
                      prefix_bits);
  }
  return SamePrefix(address.to_v6().to_bytes().data(), base.to_v6().to_bytes().data(), prefix_bits);
}

bool AddressPolicy::Allows(const ip::address& address) const {
  const ip::address unmapped = Unmap(address);
  if (networks_.empty()) return !IsSpecial(unmapped);
  return std::ranges::any_of(networks_,
                             [&](const Network& network) { return network.Contains(unmapped); });
}

absl::StatusOr<std::vector<ip::address>> AddressPolicy::Check(
    std::string_view host, std::vector<ip::address> resolved) const {
  if (resolved.empty()) {
    return MakeStatus(absl::StatusCode::kUnavailable, std::string(host) + " has no address");
  }
  for (ip::address& address : resolved) {
    if (!Allows(address)) {
      return MakeStatus(
          absl::StatusCode::kPermissionDenied,
          "Address " + address.to_string() + " of " + std::string(host) + " is not allowed");
    }
    address = Unmap(address);
  }
  return resolved;
}

}  // namespace tms::action
