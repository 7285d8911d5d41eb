#include "services/ledgerctl/parse.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "absl/strings/string_view.h"
#include "common/base/status.h"
#include "common/base/text.h"

namespace tms::ledgerctl {
namespace {

constexpr absl::Duration kMaxAge = absl::Hours(876'000);  // 100 years; more is a slip.

absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

// As absl::ParseDuration; days (`7d`) are whole and 24 hours long.
std::optional<absl::Duration> ParseAge(std::string_view text) {
  if (text.ends_with('d')) {
    int days = 0;
    const char* end = text.data() + text.size() - 1;
    const auto [stop, error] = std::from_chars(text.data(), end, days);
    if (error != std::errc() || stop != end) return std::nullopt;
    return absl::Hours(24) * days;
  }
  absl::Duration duration;
  if (!absl::ParseDuration(ToAbsl(text), &duration)) return std::nullopt;
  return duration;
}

}  // namespace

absl::StatusOr<absl::Time> ParseMoment(std::string_view text, absl::Time now) {
  for (const char* format : {absl::RFC3339_full, "%Y-%m-%d", "%Y-%m-%dT%H:%M",
                             "%Y-%m-%dT%H:%M:%E*S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%E*S"}) {
    absl::Time time;
    if (absl::ParseTime(format, ToAbsl(text), absl::UTCTimeZone(), &time, nullptr)) return time;
  }
  if (const auto age = ParseAge(text); age && *age >= absl::ZeroDuration() && *age <= kMaxAge) {
    return now - *age;
  }
  return MakeStatus(absl::StatusCode::kInvalidArgument,
                    "'" + Sanitize(text) +
                        "' is not a time: use 2026-01-31T12:17:04Z, 2026-01-31 (UTC), or an age "
                        "such as 90m, 24h or 7d");
}

absl::StatusOr<absl::Duration> ParsePositiveDuration(std::string_view text) {
  absl::Duration duration;
  if (absl::ParseDuration(ToAbsl(text), &duration) && duration > absl::ZeroDuration() &&
      duration != absl::InfiniteDuration()) {
    return duration;
  }
  return MakeStatus(absl::StatusCode::kInvalidArgument,
                    "'" + Sanitize(text) + "' is not a duration above zero: use 500ms, 1.5s or 2m");
}

absl::StatusOr<int> ParseEnumValue(const google::protobuf::EnumDescriptor& type,
                                   std::string_view text) {
  const auto same = [](char name, char typed) {
    if (typed == '-') typed = '_';
    return name == (typed >= 'a' && typed <= 'z' ? typed - 'a' + 'A' : typed);
  };
  // Value 0 is always the unspecified one.
  for (int i = 1; i < type.value_count(); ++i) {
    const std::string& name = type.value(i)->name();
    if (std::equal(name.begin(), name.end(), text.begin(), text.end(), same)) {
      return type.value(i)->number();
    }
  }
  return MakeStatus(absl::StatusCode::kInvalidArgument,
                    "'" + Sanitize(text) + "' is none of " + EnumNames(type));
}

std::string EnumNames(const google::protobuf::EnumDescriptor& type) {
  std::string names;
  for (int i = 1; i < type.value_count(); ++i) {
    if (!names.empty()) names += ", ";
    names += type.value(i)->name();
  }
  return names;
}

std::vector<std::string> ParseCidLines(std::string_view text) {
  std::vector<std::string> cids;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (const auto cid = Trim(text.substr(0, end)); !cid.empty()) cids.emplace_back(cid);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return cids;
}

}  // namespace tms::ledgerctl
