// Times and durations between the wire's messages and absl's types.
#pragma once

#include <string_view>

#include "absl/time/time.h"
#include "common/base/status.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace tms::ledger {

// What does not fit is added to `violations` by the name `field`.
absl::Time TimeFromProto(std::string_view field, const google::protobuf::Timestamp& time,
                         Violations& violations);
absl::Duration DurationFromProto(std::string_view field, const google::protobuf::Duration& duration,
                                 Violations& violations);

void ToProto(absl::Time time, google::protobuf::Timestamp& message);
void ToProto(absl::Duration duration, google::protobuf::Duration& message);

}  // namespace tms::ledger
