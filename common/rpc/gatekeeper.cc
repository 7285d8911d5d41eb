#include "common/rpc/gatekeeper.h"

#include <grpc/grpc_security_constants.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/rpc/status.h"

namespace tms::rpc {
namespace {

// As of user_id in the contracts.
constexpr size_t kMaxUserCharacters = 128;
constexpr size_t kMaxRolesBytes = 512;
// Kinds that speak for themselves.
constexpr Peers kSelf = kActionService | kInternal;
// Kinds that speak for a person.
constexpr Peers kSpokesmen = kGateway | kLedgerctl;

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

absl::Status Deny(std::string_view reason, std::string_view message) {
  return MakeStatus(absl::StatusCode::kPermissionDenied, reason, message);
}

// The one URI of the peer's certificate; empty if it has none or several, or there is none.
std::string IdentityOf(const grpc::ServerContextBase& context) {
  const auto peer = context.auth_context();
  if (!peer || !peer->IsPeerAuthenticated()) return "";
  const auto uris = peer->FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME);
  return uris.size() == 1 ? std::string(uris[0].data(), uris[0].size()) : "";
}

// The value of a key that may be given once; empty if it is not given.
std::string ReadOnce(const grpc::ServerContextBase& context, const char* key, Violations& faults) {
  const auto [begin, end] = context.client_metadata().equal_range(key);
  if (begin == end) return "";
  const std::string value(begin->second.data(), begin->second.size());
  if (std::next(begin) != end) faults.Add(key, "is given twice");
  if (value.empty() || !IsPrintable(value)) faults.Add(key, "must be printable characters");
  return value;
}

std::vector<std::string> SplitRoles(std::string_view text) {
  std::vector<std::string> roles;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    if (comma > 0) roles.emplace_back(Trim(text.substr(0, comma)));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return roles;
}

absl::Status ReadPerson(const grpc::ServerContextBase& context, CallContext& call) {
  Violations faults;
  call.user = ReadOnce(context, kUserKey, faults);
  const std::string roles = ReadOnce(context, kRolesKey, faults);
  TMS_RETURN_IF_ERROR(faults.ToStatus());
  if (CountCharacters(call.user) > kMaxUserCharacters) {
    faults.Add(kUserKey, "must have at most 128 characters");
  }
  if (roles.size() > kMaxRolesBytes) faults.Add(kRolesKey, "must have at most 512 bytes");
  if (call.user.empty() && !roles.empty()) faults.Add(kRolesKey, "needs x-tms-user");
  call.roles = SplitRoles(roles);
  return faults.ToStatus();
}

}  // namespace

Peers PeerNames::KindsOf(std::string_view identity) const {
  if (identity.empty()) return kNobody;
  return (Contains(action_services, identity) ? kActionService : kNobody) |
         (Contains(gateways, identity) ? kGateway : kNobody) |
         (Contains(ledgerctls, identity) ? kLedgerctl : kNobody) |
         (Contains(internals, identity) ? kInternal : kNobody);
}

absl::Status Gatekeeper::Admit(const grpc::ServerContextBase& context, std::string_view method,
                               CallContext& call) const {
  call.identity = IdentityOf(context);
  const auto found = rules_.find(method);
  const MethodRule rule = found == rules_.end() ? MethodRule{} : found->second;
  const Peers allowed = encrypted_              ? names_.KindsOf(call.identity) & rule.peers
                        : rule.peers != kNobody ? kAnybody
                                                : kNobody;
  if (allowed == kNobody) {
    return Deny("PEER_NOT_ALLOWED",
                "the caller's certificate is not one that may call this method");
  }
  call.peers = allowed;
  TMS_RETURN_IF_ERROR(ReadPerson(context, call));
  if (call.IsPerson() && (allowed & kSpokesmen) == kNobody) {
    return Deny("PERSON_NOT_BELIEVED", "the caller can't speak for a person: leave x-tms-user out");
  }
  if (!call.IsPerson() && (allowed & kSelf) == kNobody && !rule.without_person) {
    return Deny("PERSON_REQUIRED", "x-tms-user must say for whom the call is made");
  }
  // Whoever holds ledgerctl's certificate may do everything; roles only narrow that.
  const bool unnarrowed = call.IsPerson() && call.roles.empty();
  if (unnarrowed && (allowed & kLedgerctl) != kNobody) call.roles = {kAdmin};
  return absl::OkStatus();
}

}  // namespace tms::rpc
