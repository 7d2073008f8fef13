#pragma once

#include <set>
#include <string>

#include "connectors/kafka/format/decoder.hpp"
#include "connectors/kafka/format/json_text.hpp"
#include "mesh/value.hpp"
#include "tests/fuzz/must.hpp"
#include "tests/unit/kafka_format/shelf.hpp"

namespace meshgate::fuzz {

namespace sdk = meshgate::sdk;

/// The same value in the mesh's own form.
inline Value mesh_value(const mg_value& value) {
  switch (value.kind) {
    case MG_BOOL: return Value::of_bool(value.i != 0);
    case MG_INT64: return Value::of_int64(value.i);
    case MG_UINT64: return Value::of_uint64(value.u);
    case MG_FLOAT32: return Value::of_float32(static_cast<float>(value.f));
    case MG_FLOAT64: return Value::of_float64(value.f);
    case MG_DECIMAL: return Value::of_text(Type::decimal, sdk::view(value.s));
    case MG_TEXT: return Value::of_text(Type::text, sdk::view(value.s));
    case MG_BYTES: return Value::of_text(Type::bytes, sdk::view(value.s));
    case MG_DATE: return Value::of_count(Type::date, value.i);
    case MG_TIME: return Value::of_count(Type::time, value.i);
    case MG_TIMESTAMP: return Value::of_count(Type::timestamp, value.i);
    case MG_TIMESTAMPTZ: return Value::of_count(Type::timestamptz, value.i);
    case MG_UUID: return Value::of_text(Type::uuid, sdk::view(value.s));
    case MG_JSON: return Value::of_text(Type::json, sdk::view(value.s));
    default: return Value::none();
  }
}

/// Whatever a decoder gives has an exact form, and a value's JSON is the mesh's own.
inline void decoded_must_be_exact(const kafka::format::Decoded& decoded) {
  std::set<std::string_view> names;
  for (const kafka::format::Field& field : decoded.fields) {
    must(!field.name.empty() && names.insert(field.name).second, "a field has a name of its own");
    if (field.value.kind == MG_NULL) continue;
    must(field.value.kind == field.kind, "a value has its field's kind");
    std::string ours;
    std::string expected;
    kafka::format::append_json(ours, field.value);
    must(append_json(expected, mesh_value(field.value)) == Exact::exact, "a value has an exact form");
    must(field.kind == MG_JSON || ours == expected, "a value's JSON is the mesh's");
  }
}

/// Decodes bytes; whatever they are, the outcome is fields or a reason, and never a failure of something else.
inline void decoded_must_be_exact(kafka::format::Decoder& decoder, std::string_view bytes) {
  kafka::format::Decoded decoded;
  const sdk::Status status = decoder.decode(bytes, decoded);
  must(status.ok() || status.code == MG_BAD_RECORD, "bytes give fields or a bad record");
  must(status.ok() || !status.message.empty(), "a bad record has a reason");
  if (!status.ok()) return;
  must(decoded.change == kafka::format::Change::put || decoded.fields.empty(), "only what is put has fields");
  decoded_must_be_exact(decoded);
}

/// An input that is a schema, a line's end, and a payload.
inline void schema_and_payload(std::string_view input, kafka::format::Written::Language language, const char* format) {
  const size_t end = input.find('\n');
  if (end == std::string_view::npos) return;
  kafka::format::Shelf shelf;
  shelf.schemas[1] = {.language = language, .text = std::string(input.substr(0, end)), .references = {}};
  std::unique_ptr<kafka::format::Decoder> decoder;
  must(kafka::format::make_decoder({.format = format}, &shelf, decoder).ok(), "the format is known");
  decoded_must_be_exact(*decoder, std::string("\0\0\0\0\1", 5).append(input.substr(end + 1)));
}

}  // namespace meshgate::fuzz
