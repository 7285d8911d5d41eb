// Times and durations as text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace tms {

// `2026-01-31T12:17:04.655816Z`: UTC, always six digits, so that texts sort as times do.
std::string FormatTimestamp(absl::Time time);

// Exactly what FormatTimestamp gives; nothing for any other text.
std::optional<absl::Time> ParseTimestamp(std::string_view text);

// Seconds for people, without trailing zeros, at most three digits: `30s`, `1.5s`, `0.25s`.
std::string FormatSeconds(absl::Duration duration);

}  // namespace tms
