#include "common/rpc/call_context.h"

#include <algorithm>
#include <chrono>

#include "absl/time/clock.h"
#include "common/base/ids.h"
#include "common/base/text.h"
#include "common/rpc/status.h"

namespace tms::rpc {
namespace {

// A deadline farther away than this is none: clients without one send infinity.
constexpr absl::Duration kNoDeadline = absl::Hours(24 * 365);

std::string Metadata(const grpc::ServerContextBase& context, const char* key) {
  const auto& all = context.client_metadata();
  const auto found = all.find(key);
  if (found == all.end()) return "";
  std::string value(found->second.data(), found->second.size());
  return IsPrintable(value) && value.size() <= 512 ? value : "";
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

}  // namespace

bool IsCorrelationId(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

CallContext ReadCallContext(const grpc::ServerContextBase& context) {
  CallContext call;
  call.correlation_id = Metadata(context, kCorrelationIdKey);
  if (!IsCorrelationId(call.correlation_id)) call.correlation_id = NewUuidV7(absl::Now());
  call.user = Metadata(context, kUserKey);
  call.roles = SplitRoles(Metadata(context, kRolesKey));
  call.peer = context.peer();
  // gRPC counts a deadline on the monotonic clock and shows it as wall-clock time of this moment.
  // absl::Now() would not do here: it follows a clock that is set only some seconds later.
  const auto deadline = absl::FromChrono(context.deadline());
  const auto now = absl::FromChrono(std::chrono::system_clock::now());
  if (const absl::Duration left = deadline - now; left < kNoDeadline) call.time_left = left;
  return call;
}

}  // namespace tms::rpc
