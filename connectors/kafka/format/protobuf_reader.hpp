#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "connectors/kafka/format/field.hpp"

namespace meshgate::kafka::format {

/// Adds a message's fields, in the order of their declaration. What is wrong, with the field's name; empty: nothing. The fields borrow from the message.
std::string add_fields(const google::protobuf::Message& message, Decoded& out);

/// Adds the fields that messages of this type have, without values.
void add_columns(const google::protobuf::Descriptor& type, Decoded& out);

}  // namespace meshgate::kafka::format
