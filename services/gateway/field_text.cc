#include "services/gateway/field_text.h"

#include <cstdint>

#include "absl/strings/numbers.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/util/time_util.h"

namespace tms::gateway {
namespace {

using google::protobuf::Duration;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Timestamp;
using google::protobuf::util::TimeUtil;

bool IsTimestamp(const FieldDescriptor& field) {
  return field.message_type() == Timestamp::descriptor();
}

bool IsDuration(const FieldDescriptor& field) {
  return field.message_type() == Duration::descriptor();
}

bool SetEnum(const std::string& text, const FieldDescriptor& field, Message& message) {
  const Reflection& reflection = *message.GetReflection();
  const auto* value = field.enum_type()->FindValueByName(text);
  if (value == nullptr) return false;
  field.is_repeated() ? reflection.AddEnum(&message, &field, value)
                      : reflection.SetEnum(&message, &field, value);
  return true;
}

template <typename Value>
bool SetMessage(const std::string& text, const FieldDescriptor& field, Message& message) {
  const Reflection& reflection = *message.GetReflection();
  Value value;
  if (!TimeUtil::FromString(text, &value)) return false;
  Message* target = field.is_repeated() ? reflection.AddMessage(&message, &field)
                                        : reflection.MutableMessage(&message, &field);
  target->CopyFrom(value);
  return true;
}

std::string EnumNames(const EnumDescriptor& type) {
  std::string names;
  // The first value means that nothing was said.
  for (int i = 1; i < type.value_count(); ++i) {
    names += (names.empty() ? "" : ", ") + type.value(i)->name();
  }
  return names;
}

}  // namespace

const FieldDescriptor* FindTextField(const google::protobuf::Descriptor& descriptor,
                                     const std::string& name) {
  const FieldDescriptor* field = descriptor.FindFieldByName(name);
  if (field == nullptr || field->type() == FieldDescriptor::TYPE_BYTES) return nullptr;
  if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return field;
  return IsTimestamp(*field) || IsDuration(*field) ? field : nullptr;
}

bool SetFromText(const std::string& text, const FieldDescriptor& field, Message& message) {
  const Reflection& reflection = *message.GetReflection();
  const bool repeated = field.is_repeated();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      repeated ? reflection.AddString(&message, &field, text)
               : reflection.SetString(&message, &field, text);
      return true;
    case FieldDescriptor::CPPTYPE_INT32: {
      int32_t value = 0;
      if (!absl::SimpleAtoi(text, &value)) return false;
      repeated ? reflection.AddInt32(&message, &field, value)
               : reflection.SetInt32(&message, &field, value);
      return true;
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      if (text != "true" && text != "false") return false;
      repeated ? reflection.AddBool(&message, &field, text == "true")
               : reflection.SetBool(&message, &field, text == "true");
      return true;
    case FieldDescriptor::CPPTYPE_ENUM:
      return SetEnum(text, field, message);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return IsTimestamp(field) ? SetMessage<Timestamp>(text, field, message)
                                : SetMessage<Duration>(text, field, message);
    default:
      return false;
  }
}

std::string DescribeValues(const FieldDescriptor& field) {
  const std::string must_be = field.is_repeated() ? "each must be " : "must be ";
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return must_be + "text";
    case FieldDescriptor::CPPTYPE_BOOL:
      return must_be + "true or false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return must_be + "one of " + EnumNames(*field.enum_type());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (IsTimestamp(field)) return must_be + "a time such as 2026-01-31T12:17:04Z";
      if (IsDuration(field)) return must_be + "a duration in seconds such as 1.5s";
      return must_be + "an object";
    default:
      return must_be + "a whole number";
  }
}

}  // namespace tms::gateway
