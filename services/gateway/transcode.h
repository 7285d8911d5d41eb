// Between the contract's messages and what HTTP carries: JSON bodies and query parameters. Names
// are the contract's own, in snake_case; enums are words; times are RFC 3339, durations `1.5s`.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/http/message.h"
#include "google/protobuf/message.h"

namespace tms::gateway {

// protobuf's JSON with every plain field present, so that the shape of an answer never varies.
std::string ToJson(const google::protobuf::Message& message);

// 200 with that JSON.
http::Response JsonResponse(std::string json);

// A body that must be one JSON object. Errors never quote it: it may hold a token.
absl::StatusOr<boost::json::object> ParseObject(std::string_view body);

// Sets the fields that `object` names. INVALID_ARGUMENT names each member that is no field or has
// no fitting value.
absl::Status FromJson(const boost::json::object& object, google::protobuf::Message& message);

// Sets fields from query parameters: each parameter belongs to the first of `messages` that has a
// plain field of that name (text, number, truth, enum, time, duration, or a list of such, given by
// repeating the parameter). INVALID_ARGUMENT names each parameter that is unknown, that has no
// fitting value, or that is given twice without being a list.
absl::Status FromQuery(const std::vector<http::QueryParameter>& query,
                       const std::vector<google::protobuf::Message*>& messages);

}  // namespace tms::gateway
