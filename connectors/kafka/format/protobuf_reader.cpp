#include "connectors/kafka/format/protobuf_reader.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/unknown_field_set.h>

#include <map>

#include "connectors/kafka/format/json_text.hpp"
#include "connectors/kafka/format/meaning.hpp"

namespace meshgate::kafka::format {

namespace {

namespace pb = google::protobuf;
using Cpp = pb::FieldDescriptor::CppType;

/// Messages that stand for one value.
enum class WellKnown { none, timestamp, duration, wrapper, decimal, any_json, object, list };

WellKnown well_known(const pb::Descriptor& type) {
  const std::string& name = type.full_name();
  if (name == "confluent.type.Decimal") return WellKnown::decimal;
  if (!name.starts_with("google.protobuf.")) return WellKnown::none;
  switch (type.well_known_type()) {
    case pb::Descriptor::WELLKNOWNTYPE_TIMESTAMP: return WellKnown::timestamp;
    case pb::Descriptor::WELLKNOWNTYPE_DURATION: return WellKnown::duration;
    case pb::Descriptor::WELLKNOWNTYPE_VALUE: return WellKnown::any_json;
    case pb::Descriptor::WELLKNOWNTYPE_STRUCT: return WellKnown::object;
    case pb::Descriptor::WELLKNOWNTYPE_LISTVALUE: return WellKnown::list;
    default: return name.ends_with("Value") ? WellKnown::wrapper : WellKnown::none;
  }
}

int32_t scalar_kind(const pb::FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case Cpp::CPPTYPE_BOOL: return MG_BOOL;
    case Cpp::CPPTYPE_UINT64: return MG_UINT64;
    case Cpp::CPPTYPE_FLOAT: return MG_FLOAT32;
    case Cpp::CPPTYPE_DOUBLE: return MG_FLOAT64;
    case Cpp::CPPTYPE_ENUM: return MG_TEXT;
    case Cpp::CPPTYPE_STRING: return field.type() == pb::FieldDescriptor::TYPE_BYTES ? MG_BYTES : MG_TEXT;
    case Cpp::CPPTYPE_MESSAGE: return MG_JSON;
    default: return MG_INT64;
  }
}

int32_t kind_of(const pb::FieldDescriptor& field) {
  if (field.is_repeated()) return MG_JSON;
  if (field.cpp_type() != Cpp::CPPTYPE_MESSAGE) return scalar_kind(field);
  switch (well_known(*field.message_type())) {
    case WellKnown::timestamp: return MG_TIMESTAMPTZ;
    case WellKnown::duration: return MG_TEXT;
    case WellKnown::decimal: return MG_DECIMAL;
    case WellKnown::wrapper: return scalar_kind(*field.message_type()->FindFieldByNumber(1));
    default: return MG_JSON;
  }
}

class Reader {
 public:
  explicit Reader(Texts& texts) : texts_(texts) {}

  const char* value(const pb::Message& message, const pb::FieldDescriptor& field, mg_value& out);

 private:
  const char* scalar(const pb::Message& message, const pb::FieldDescriptor& field, int index, mg_value& out);
  const char* single(const pb::Message& message, mg_value& out);
  const char* duration(const pb::Message& message, mg_value& out);
  const char* json(const pb::Message& message, const pb::FieldDescriptor& field, std::string& out);
  const char* element_json(const pb::Message& message, const pb::FieldDescriptor& field, int index, std::string& out);
  const char* message_json(const pb::Message& message, std::string& out);
  const char* map_json(const pb::Message& message, const pb::FieldDescriptor& field, std::string& out);
  const char* any_json(const pb::Message& message, std::string& out);

  Texts& texts_;
};

int64_t integer_at(const pb::Message& message, int number) {
  const pb::FieldDescriptor& field = *message.GetDescriptor()->FindFieldByNumber(number);
  const pb::Reflection& reflection = *message.GetReflection();
  return field.cpp_type() == Cpp::CPPTYPE_INT64 ? reflection.GetInt64(message, &field) : reflection.GetInt32(message, &field);
}

/// A value that an enum does not know, or one of another wire type, is kept apart by Protobuf: then the field only seems to be missing.
const char* hidden_value(const pb::Message& message) {
  const pb::UnknownFieldSet& unknown = message.GetReflection()->GetUnknownFields(message);
  for (int i = 0; i < unknown.field_count(); ++i) {
    if (message.GetDescriptor()->FindFieldByNumber(unknown.field(i).number()) != nullptr) return "a value that its type in the schema does not allow";
  }
  return nullptr;
}

const char* Reader::value(const pb::Message& message, const pb::FieldDescriptor& field, mg_value& out) {
  out = sdk::null_value();
  if (!field.is_repeated() && field.has_presence() && !message.GetReflection()->HasField(message, &field)) return nullptr;
  if (kind_of(field) == MG_JSON) {
    std::string& text = texts_.next();
    if (const char* why = json(message, field, text)) return why;
    out = sdk::string_value(MG_JSON, text);
    return nullptr;
  }
  if (field.cpp_type() != Cpp::CPPTYPE_MESSAGE) return scalar(message, field, -1, out);
  return single(message.GetReflection()->GetMessage(message, &field), out);
}

const char* Reader::scalar(const pb::Message& message, const pb::FieldDescriptor& field, int index, mg_value& out) {
  const pb::Reflection& in = *message.GetReflection();
  const bool one = index < 0;
  std::string unused;
  switch (field.cpp_type()) {
    case Cpp::CPPTYPE_BOOL: out = sdk::bool_value(one ? in.GetBool(message, &field) : in.GetRepeatedBool(message, &field, index)); break;
    case Cpp::CPPTYPE_INT32: out = sdk::int64_value(one ? in.GetInt32(message, &field) : in.GetRepeatedInt32(message, &field, index)); break;
    case Cpp::CPPTYPE_INT64: out = sdk::int64_value(one ? in.GetInt64(message, &field) : in.GetRepeatedInt64(message, &field, index)); break;
    case Cpp::CPPTYPE_UINT32: out = sdk::int64_value(one ? in.GetUInt32(message, &field) : in.GetRepeatedUInt32(message, &field, index)); break;
    case Cpp::CPPTYPE_UINT64: out = sdk::uint64_value(one ? in.GetUInt64(message, &field) : in.GetRepeatedUInt64(message, &field, index)); break;
    case Cpp::CPPTYPE_FLOAT: return float_value(MG_FLOAT32, one ? in.GetFloat(message, &field) : in.GetRepeatedFloat(message, &field, index), out);
    case Cpp::CPPTYPE_DOUBLE: return float_value(MG_FLOAT64, one ? in.GetDouble(message, &field) : in.GetRepeatedDouble(message, &field, index), out);
    case Cpp::CPPTYPE_ENUM: {
      const int number = one ? in.GetEnumValue(message, &field) : in.GetRepeatedEnumValue(message, &field, index);
      const pb::EnumValueDescriptor* known = field.enum_type()->FindValueByNumber(number);
      std::string& text = texts_.next();
      text = known != nullptr ? known->name() : std::to_string(number);
      out = sdk::string_value(MG_TEXT, text);
      break;
    }
    default: {
      const std::string& text =
          one ? in.GetStringReference(message, &field, &unused) : in.GetRepeatedStringReference(message, &field, index, &unused);
      if (field.type() != pb::FieldDescriptor::TYPE_BYTES) return text_value(Meaning::itself, text, texts_, out);
      out = sdk::string_value(MG_BYTES, text);
    }
  }
  return nullptr;
}

const char* Reader::single(const pb::Message& message, mg_value& out) {
  if (const char* why = hidden_value(message)) return why;
  switch (well_known(*message.GetDescriptor())) {
    case WellKnown::timestamp: return instant_value(integer_at(message, 1), integer_at(message, 2), out);
    case WellKnown::duration: return duration(message, out);
    case WellKnown::decimal: {
      mg_value unscaled{};
      if (const char* why = scalar(message, *message.GetDescriptor()->FindFieldByNumber(1), -1, unscaled)) return why;
      return bytes_value(Meaning::decimal, integer_at(message, 3), sdk::view(unscaled.s), texts_, out);
    }
    default: return scalar(message, *message.GetDescriptor()->FindFieldByNumber(1), -1, out);
  }
}

/// "PT-3.5S".
const char* Reader::duration(const pb::Message& message, mg_value& out) {
  constexpr int64_t kNanos = 1'000'000'000;
  constexpr int64_t kMostSeconds = 315'576'000'000;  // ten thousand years, as its definition says
  const int64_t seconds = integer_at(message, 1);
  const int64_t nanos = integer_at(message, 2);
  const bool opposed = (seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0);
  if (opposed || seconds > kMostSeconds || seconds < -kMostSeconds || nanos >= kNanos || nanos <= -kNanos) return "not a duration";
  std::string& text = texts_.next();
  const bool negative = seconds < 0 || nanos < 0;
  text = negative ? "PT-" : "PT";
  text += std::to_string(negative ? -seconds : seconds);
  if (nanos != 0) {
    text += '.' + std::to_string(kNanos + (negative ? -nanos : nanos)).substr(1);
    text.erase(text.find_last_not_of('0') + 1);
  }
  text += 'S';
  out = sdk::string_value(MG_TEXT, text);
  return nullptr;
}

const char* Reader::json(const pb::Message& message, const pb::FieldDescriptor& field, std::string& out) {
  if (field.is_map()) return map_json(message, field, out);
  if (!field.is_repeated()) return element_json(message, field, -1, out);
  const int count = message.GetReflection()->FieldSize(message, &field);
  out += '[';
  for (int i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    if (const char* why = element_json(message, field, i, out)) return why;
  }
  out += ']';
  return nullptr;
}

const char* Reader::element_json(const pb::Message& message, const pb::FieldDescriptor& field, int index, std::string& out) {
  const pb::Reflection& in = *message.GetReflection();
  mg_value value{};
  if (field.cpp_type() == Cpp::CPPTYPE_MESSAGE) {
    const pb::Message& inner = index < 0 ? in.GetMessage(message, &field) : in.GetRepeatedMessage(message, &field, index);
    switch (well_known(*field.message_type())) {
      case WellKnown::none: return message_json(inner, out);
      case WellKnown::any_json: return any_json(inner, out);
      case WellKnown::object:
      case WellKnown::list: return json(inner, *inner.GetDescriptor()->FindFieldByNumber(1), out);
      default:
        if (const char* why = single(inner, value)) return why;
    }
  } else if (const char* why = scalar(message, field, index, value)) {
    return why;
  }
  append_json(out, value);
  return nullptr;
}

const char* Reader::message_json(const pb::Message& message, std::string& out) {
  if (const char* why = hidden_value(message)) return why;
  const pb::Descriptor& type = *message.GetDescriptor();
  out += '{';
  for (int i = 0; i < type.field_count(); ++i) {
    const pb::FieldDescriptor& field = *type.field(i);
    if (i > 0) out += ',';
    append_json_string(out, field.name());
    out += ':';
    const bool missing = !field.is_repeated() && field.has_presence() && !message.GetReflection()->HasField(message, &field);
    if (missing) {
      out += "null";
    } else if (const char* why = json(message, field, out)) {
      return why;
    }
  }
  out += '}';
  return nullptr;
}

/// Sorted by key: Protobuf keeps no order, and the same map must give the same text.
const char* Reader::map_json(const pb::Message& message, const pb::FieldDescriptor& field, std::string& out) {
  const pb::Reflection& in = *message.GetReflection();
  std::map<std::string, std::string> members;
  for (int i = 0; i < in.FieldSize(message, &field); ++i) {
    const pb::Message& entry = in.GetRepeatedMessage(message, &field, i);
    mg_value key{};
    std::string name;
    if (const char* why = scalar(entry, *field.message_type()->map_key(), -1, key)) return why;
    append_text(name, key);
    std::string& text = members[name];
    text.clear();
    if (const char* why = json(entry, *field.message_type()->map_value(), text)) return why;
  }
  char before = '{';
  for (const auto& [name, text] : members) {
    append_json_string(out += before, name);
    out.append(1, ':').append(text);
    before = ',';
  }
  out += members.empty() ? "{}" : "}";
  return nullptr;
}

/// google.protobuf.Value: the member of its oneof that is set.
const char* Reader::any_json(const pb::Message& message, std::string& out) {
  const pb::OneofDescriptor& choice = *message.GetDescriptor()->oneof_decl(0);
  const pb::FieldDescriptor* set = message.GetReflection()->GetOneofFieldDescriptor(message, &choice);
  if (set == nullptr || set->cpp_type() == Cpp::CPPTYPE_ENUM) {
    out += "null";
    return nullptr;
  }
  return json(message, *set, out);
}

}  // namespace

std::string add_fields(const pb::Message& message, Decoded& out) {
  if (const char* why = hidden_value(message)) return std::string("of the message: ") + why;
  const size_t first = out.fields.size();
  add_columns(*message.GetDescriptor(), out);
  Reader reader(out.texts);
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    Field& field = out.fields[first + static_cast<size_t>(i)];
    if (const char* why = reader.value(message, *message.GetDescriptor()->field(i), field.value)) return std::string(field.name) + ": " + why;
  }
  return {};
}

void add_columns(const pb::Descriptor& type, Decoded& out) {
  for (int i = 0; i < type.field_count(); ++i) {
    const pb::FieldDescriptor& field = *type.field(i);
    const bool message = field.cpp_type() == Cpp::CPPTYPE_MESSAGE;
    out.fields.push_back({.name = field.name(),
                          .native = message ? std::string_view(field.message_type()->full_name()) : std::string_view(field.type_name()),
                          .kind = kind_of(field),
                          .nullable = !field.is_repeated() && field.has_presence() && !field.is_required()});
  }
}

}  // namespace meshgate::kafka::format
