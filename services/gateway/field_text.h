// Single fields of the contract's messages from text.
#pragma once

#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace tms::gateway {

// The field of that name if text can give its value: not bytes, and of messages only Timestamp and
// Duration. Null otherwise.
const google::protobuf::FieldDescriptor* FindTextField(
    const google::protobuf::Descriptor& descriptor, const std::string& name);

// Sets `field` (found by FindTextField), or appends to it if it is a list. False if the text does
// not fit; then nothing is changed.
bool SetFromText(const std::string& text, const google::protobuf::FieldDescriptor& field,
                 google::protobuf::Message& message);

// What `field` takes, as the end of an error message: `must be …`.
std::string DescribeValues(const google::protobuf::FieldDescriptor& field);

}  // namespace tms::gateway
