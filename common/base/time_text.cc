#include "common/base/time_text.h"

namespace tms {
namespace {

constexpr char kFormat[] = "%Y-%m-%dT%H:%M:%E6SZ";

}  // namespace

std::string FormatTimestamp(absl::Time time) {
  return absl::FormatTime(kFormat, time, absl::UTCTimeZone());
}

std::optional<absl::Time> ParseTimestamp(std::string_view text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(kFormat, {text.data(), text.size()}, &time, &error)) return std::nullopt;
  if (FormatTimestamp(time) != text) return std::nullopt;
  return time;
}

std::string FormatSeconds(absl::Duration duration) {
  const int64_t millis = absl::ToInt64Milliseconds(duration);
  std::string text = std::to_string(millis / 1000);
  if (const int64_t rest = millis % 1000; rest != 0) {
    std::string digits = std::to_string(1000 + rest).substr(1);
    digits.erase(digits.find_last_not_of('0') + 1);
    text += "." + digits;
  }
  return text + "s";
}

}  // namespace tms
