// The call behind a Set Action, from whichever form it came.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>

#include "absl/status/statusor.h"
#include "services/gateway/services.h"

namespace tms::gateway {

// 50,000 cids of 128 characters take 6.6 MB; with every character escaped, more than fits.
inline constexpr size_t kMaxActionBytes = size_t{16} * 1024 * 1024;

// Runs the action in the name of the context's caller; with `wait` to its end, without until its
// start is durable. Errors: those that the service decided on, so that nothing was called;
// ACTION_SERVICE_UNREACHABLE if it was never asked, so neither; OUTCOME_UNKNOWN if it gave no
// answer.
boost::asio::awaitable<absl::StatusOr<tms::action::v1::SetActionResponse>> CallAction(
    Services& services, const RequestContext& context, tms::action::v1::SetActionRequest request,
    bool wait = true);

}  // namespace tms::gateway
