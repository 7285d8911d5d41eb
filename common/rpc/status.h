// absl::Status inside, grpc::Status on the wire: the one translation between them.
#pragma once

#include <grpcpp/support/status.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace tms::rpc {

// Domain of every ErrorInfo that one of our services sends.
inline constexpr char kErrorDomain[] = "tms";

// Metadata that carry a call's identity, and the trailer that names it in an answer.
inline constexpr char kCorrelationIdKey[] = "x-correlation-id";
inline constexpr char kUserKey[] = "x-tms-user";
inline constexpr char kRolesKey[] = "x-tms-roles";

// With an ErrorInfo (domain tms, the status's Reason or its code's name, the correlation id) and a
// BadRequest where `status` carries violations. The text of INTERNAL, UNKNOWN and DATA_LOSS stays
// inside: it is replaced by a line that names the correlation id.
grpc::Status ToGrpc(const absl::Status& status, std::string_view correlation_id);

// The same status with Reason and violations, as another service of ours sent it.
absl::Status FromGrpc(const grpc::Status& status);

// Whether one of our services decided on it; otherwise it comes from the transport.
bool HasOurDomain(const grpc::Status& status);

}  // namespace tms::rpc
