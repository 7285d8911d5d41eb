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

std::string CorrelationId(const grpc::ServerContextBase& context) {
  const auto& all = context.client_metadata();
  const auto found = all.find(kCorrelationIdKey);
  if (found == all.end()) return "";
  return std::string(found->second.data(), found->second.size());
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
  call.correlation_id = CorrelationId(context);
  if (!IsCorrelationId(call.correlation_id)) call.correlation_id = NewUuidV7(absl::Now());
  call.peer = context.peer();
  // gRPC counts a deadline on the monotonic clock and shows it as wall-clock time of this moment.
  // absl::Now() would not do here: it follows a clock that is set only some seconds later.
  const auto deadline = absl::FromChrono(context.deadline());
  const auto now = absl::FromChrono(std::chrono::system_clock::now());
  if (const absl::Duration left = deadline - now; left < kNoDeadline) call.time_left = left;
  return call;
}

}  // namespace tms::rpc
