#include "mesh/schema.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

namespace meshgate {

const Field* Schema::find(std::string_view name) const {
  const auto at = std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.name == name; });
  return at == fields.end() ? nullptr : &*at;
}

std::vector<std::size_t> Schema::key() const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].key > 0) out.push_back(i);
  }
  std::sort(out.begin(), out.end(), [&](std::size_t a, std::size_t b) { return fields[a].key < fields[b].key; });
  return out;
}

bool Schema::same_shape(const Schema& other) const {
  return std::equal(fields.begin(), fields.end(), other.fields.begin(), other.fields.end(), [](const Field& a, const Field& b) {
    return a.name == b.name && a.type == b.type && a.nullable == b.nullable && a.key == b.key;
  });
}

void append_json(std::string& out, const Schema& schema) {
  out.append("{\"version\":");
  append_json_integer(out, std::uint64_t{schema.version});
  out.append(",\"fields\":[");
  const char* comma = "";
  for (const Field& field : schema.fields) {
    out.append(comma).append("{\"name\":");
    append_json_string(out, field.name);
    out.append(",\"type\":\"").append(name(field.type));
    out.append("\",\"nullable\":").append(field.nullable ? "true" : "false");
    if (field.key > 0) {
      out.append(",\"key\":");
      append_json_integer(out, std::int64_t{field.key});
    }
    out += '}';
    comma = ",";
  }
  out.append("]}");
}

namespace {

std::optional<Field> parse_field(simdjson::dom::element element) {
  Field field;
  std::string_view text;
  if (element["name"].get(text) != simdjson::SUCCESS || text.empty()) return std::nullopt;
  field.name = text;
  if (element["type"].get(text) != simdjson::SUCCESS) return std::nullopt;
  const auto type = type_named(text);
  if (!type) return std::nullopt;
  field.type = *type;
  if (element["nullable"].get(field.nullable) != simdjson::SUCCESS) return std::nullopt;
  simdjson::dom::element place;
  if (element["key"].get(place) == simdjson::SUCCESS) {
    std::int64_t key = 0;
    if (place.get(key) != simdjson::SUCCESS || key < 1 || key > 1000) return std::nullopt;
    field.key = static_cast<int>(key);
  }
  return field;
}

}  // namespace

std::optional<Schema> parse_schema(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const simdjson::padded_string padded(json);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS) return std::nullopt;
  Schema schema;
  std::uint64_t version = 0;
  simdjson::dom::array fields;
  if (root["version"].get(version) != simdjson::SUCCESS || version > UINT32_MAX) return std::nullopt;
  if (root["fields"].get(fields) != simdjson::SUCCESS) return std::nullopt;
  schema.version = static_cast<std::uint32_t>(version);
  for (const auto element : fields) {
    auto field = parse_field(element);
    if (!field || schema.find(field->name) != nullptr) return std::nullopt;
    schema.fields.push_back(std::move(*field));
  }
  return schema;
}

}  // namespace meshgate
