// Errors as HTTP answers: application/problem+json (RFC 9457).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/base/status.h"
#include "common/http/message.h"

namespace tms::gateway {

// What a caller is told about an error.
struct Problem {
  int http_status = 500;
  std::string code;    // of gRPC: INVALID_ARGUMENT, UNAVAILABLE, …
  std::string reason;  // UPPER_SNAKE_CASE, finer than `code`
  std::string detail;  // one sentence for people
  std::vector<FieldViolation> errors;
};

// `status` is not OK. Hides the text of INTERNAL, UNKNOWN and DATA_LOSS, and that of a status
// without Reason, which comes from the transport and may name addresses.
Problem ToProblem(const absl::Status& status);

// For what HTTP alone decides; `http_status` is 400 or more. The reason follows from it.
Problem ToProblem(int http_status, std::string_view detail);

http::Response ToResponse(const Problem& problem, std::string_view correlation_id);

}  // namespace tms::gateway
