#include "services/ledger/time_proto.h"

namespace tms::ledger {
namespace {

using google::protobuf::Duration;
using google::protobuf::Timestamp;

// The end of 9999. Times outside 1970 to 9999 would not sort as text.
constexpr int64_t kMaxSeconds = 253'402'300'799;
// 10,000 years, as google.protobuf.Duration.
constexpr int64_t kMaxDurationSeconds = 315'576'000'000;
constexpr int kNanosPerSecond = 1'000'000'000;

}  // namespace

absl::Time TimeFromProto(std::string_view field, const Timestamp& time, Violations& violations) {
  if (time.seconds() < 0 || time.seconds() > kMaxSeconds || time.nanos() < 0 ||
      time.nanos() >= kNanosPerSecond) {
    violations.Add(field, "must be a time in the years 1970 to 9999");
    return absl::UnixEpoch();
  }
  return absl::FromUnixMicros(time.seconds() * 1'000'000 + time.nanos() / 1'000);
}

absl::Duration DurationFromProto(std::string_view field, const Duration& duration,
                                 Violations& violations) {
  const bool one_sign = (duration.seconds() <= 0 || duration.nanos() >= 0) &&
                        (duration.seconds() >= 0 || duration.nanos() <= 0);
  if (duration.seconds() < -kMaxDurationSeconds || duration.seconds() > kMaxDurationSeconds ||
      duration.nanos() <= -kNanosPerSecond || duration.nanos() >= kNanosPerSecond || !one_sign) {
    violations.Add(field, "must be a valid duration");
    return absl::ZeroDuration();
  }
  return absl::Microseconds(duration.seconds() * 1'000'000 + duration.nanos() / 1'000);
}

void ToProto(absl::Time time, Timestamp& message) {
  const int64_t micros = absl::ToUnixMicros(time);
  const int64_t seconds = absl::ToUnixSeconds(time);
  message.set_seconds(seconds);
  message.set_nanos(static_cast<int32_t>((micros - seconds * 1'000'000) * 1'000));
}

void ToProto(absl::Duration duration, Duration& message) {
  const int64_t micros = absl::ToInt64Microseconds(duration);
  message.set_seconds(micros / 1'000'000);
  message.set_nanos(static_cast<int32_t>(micros % 1'000'000 * 1'000));
}

}  // namespace tms::ledger
