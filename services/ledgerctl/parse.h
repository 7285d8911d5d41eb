// What people type, as the contract's types. Errors are INVALID_ARGUMENT with one line for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"

namespace tms::ledgerctl {

// A moment: RFC 3339 (`2026-01-31T12:17:04Z`); a date, or a date and time without zone, in UTC
// (`2026-01-31`, `2026-01-31T12:17`); or how long before `now` (`90m`, `24h`, `7d`).
absl::StatusOr<absl::Time> ParseMoment(std::string_view text, absl::Time now);

// More than zero: `500ms`, `1.5s`, `2m`.
absl::StatusOr<absl::Duration> ParsePositiveDuration(std::string_view text);

// A value of `type` by its name, in any case, `-` for `_`; never the unspecified one.
absl::StatusOr<int> ParseEnumValue(const google::protobuf::EnumDescriptor& type,
                                   std::string_view text);

// The names that ParseEnumValue takes, for help and errors: `SUCCESS, FAILED`.
std::string EnumNames(const google::protobuf::EnumDescriptor& type);

// Customer ids from a file: one a line, trimmed, empty lines left out.
std::vector<std::string> ParseCidLines(std::string_view text);

}  // namespace tms::ledgerctl
