#include "services/gateway/transcode.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <memory>
#include <set>

#include "common/base/status.h"
#include "google/protobuf/util/json_util.h"
#include "services/gateway/field_text.h"

namespace tms::gateway {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
namespace json = boost::json;

json::string_view View(std::string_view text) { return {text.data(), text.size()}; }
std::string Text(json::string_view text) { return {text.data(), text.size()}; }

bool Parse(const json::object& object, Message& message) {
  return google::protobuf::util::JsonStringToMessage(json::serialize(object), &message).ok();
}

}  // namespace

std::string ToJson(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  // Fails only for times outside the years 1 to 9999, which no service of ours sends.
  return status.ok() ? text : "{}";
}

http::Response JsonResponse(std::string json) {
  return {.headers = {{"Content-Type", "application/json"}}, .body = std::move(json)};
}

absl::StatusOr<json::object> ParseObject(std::string_view body) {
  json::error_code error;
  json::value value = json::parse(View(body), error);
  if (error || !value.is_object()) {
    return MakeStatus(absl::StatusCode::kInvalidArgument, "BODY_NOT_JSON",
                      "the body must be one JSON object");
  }
  return std::move(value.as_object());
}

absl::Status FromJson(const json::object& object, Message& message) {
  Violations violations;
  for (const auto& [name, value] : object) {
    const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(Text(name));
    if (field == nullptr) {
      violations.Add(Text(name), "unknown field");
    } else if (field->is_repeated() && !value.is_array() && !value.is_null()) {
      // protobuf would take it as a list of one.
      violations.Add(Text(name), "must be a list");
    }
  }
  if (!violations.empty()) return violations.ToStatus();
  if (Parse(object, message)) return absl::OkStatus();
  // protobuf's own message would quote the values, so each member is tried alone to find the bad.
  const std::unique_ptr<Message> scratch(message.New());
  for (const auto& [name, value] : object) {
    if (Parse({{name, value}}, *scratch)) continue;
    const FieldDescriptor& field = *message.GetDescriptor()->FindFieldByName(Text(name));
    violations.Add(Text(name), DescribeValues(field));
  }
  return violations.ToStatus();
}

absl::Status FromQuery(const std::vector<http::QueryParameter>& query,
                       const std::vector<Message*>& messages) {
  Violations violations;
  std::set<std::string_view> seen;
  for (const http::QueryParameter& parameter : query) {
    const FieldDescriptor* field = nullptr;
    Message* message = nullptr;
    for (size_t i = 0; i < messages.size() && field == nullptr; ++i) {
      message = messages[i];
      field = FindTextField(*message->GetDescriptor(), parameter.name);
    }
    if (field == nullptr) {
      violations.Add(parameter.name, "unknown parameter");
    } else if (!seen.insert(parameter.name).second && !field->is_repeated()) {
      violations.Add(parameter.name, "given more than once");
    } else if (!SetFromText(parameter.value, *field, *message)) {
      violations.Add(parameter.name, DescribeValues(*field));
    }
  }
  return violations.ToStatus();
}

}  // namespace tms::gateway
