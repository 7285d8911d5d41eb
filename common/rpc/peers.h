// What kinds of processes call us, and which of them may call which method.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tms::rpc {

// A set of kinds, as bits.
using Peers = unsigned;
inline constexpr Peers kNobody = 0;
inline constexpr Peers kActionService = 1;  // an ActionService
inline constexpr Peers kGateway = 2;        // speaks for the person in x-tms-user
inline constexpr Peers kLedgerctl = 4;      // likewise, for the person who holds its certificate
inline constexpr Peers kInternal = 8;       // a service of the company that acts for itself
inline constexpr Peers kAnybody = kActionService | kGateway | kLedgerctl | kInternal;

// Identities of each kind: URIs, compared byte by byte with the one in a certificate's
// subjectAltName.
struct PeerNames {
  std::vector<std::string> action_services = {"spiffe://tms/action-service"};
  std::vector<std::string> gateways = {"spiffe://tms/gateway"};
  std::vector<std::string> ledgerctls = {"spiffe://tms/ledgerctl"};
  std::vector<std::string> internals;

  // kNobody if it is none of them.
  Peers KindsOf(std::string_view identity) const;
};

struct MethodRule {
  Peers peers = kNobody;
  // A gateway or ledgerctl may call it for nobody in particular: a login that failed has no user.
  bool without_person = false;
};

// One row for each method of a service, by its short name. A method without a row is for nobody.
using MethodRules = std::map<std::string_view, MethodRule>;

}  // namespace tms::rpc
