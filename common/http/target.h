// The target of a request: `/path?query`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/http/message.h"

namespace tms::http {

struct Target {
  std::vector<std::string> path;
  std::vector<QueryParameter> query;
};

// Splits and decodes a target in origin form, giving what Request promises of `path` and `query`.
// Anything that two readers might understand differently is INVALID_ARGUMENT: other forms, `//`,
// dot segments and slashes however encoded, control characters, broken escapes or UTF-8.
absl::StatusOr<Target> ParseTarget(std::string_view target);

}  // namespace tms::http
