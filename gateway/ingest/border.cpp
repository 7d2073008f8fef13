#include "gateway/ingest/border.hpp"

#include <algorithm>
#include <unordered_set>

namespace meshgate::ingest {

namespace {

constexpr std::size_t kMostColumns = 32767;

std::optional<Type> type_of(std::int32_t kind) {
  switch (kind) {
    case MG_BOOL: return Type::boolean;
    case MG_INT64: return Type::int64;
    case MG_UINT64: return Type::uint64;
    case MG_FLOAT32: return Type::float32;
    case MG_FLOAT64: return Type::float64;
    case MG_DECIMAL: return Type::decimal;
    case MG_TEXT: return Type::text;
    case MG_BYTES: return Type::bytes;
    case MG_DATE: return Type::date;
    case MG_TIME: return Type::time;
    case MG_TIMESTAMP: return Type::timestamp;
    case MG_TIMESTAMPTZ: return Type::timestamptz;
    case MG_UUID: return Type::uuid;
    case MG_JSON: return Type::json;
    default: return std::nullopt;
  }
}

constexpr std::int32_t kind_of(Type type) {
  switch (type) {
    case Type::boolean: return MG_BOOL;
    case Type::int64: return MG_INT64;
    case Type::uint64: return MG_UINT64;
    case Type::float32: return MG_FLOAT32;
    case Type::float64: return MG_FLOAT64;
    case Type::decimal: return MG_DECIMAL;
    case Type::text: return MG_TEXT;
    case Type::bytes: return MG_BYTES;
    case Type::date: return MG_DATE;
    case Type::time: return MG_TIME;
    case Type::timestamp: return MG_TIMESTAMP;
    case Type::timestamptz: return MG_TIMESTAMPTZ;
    case Type::uuid: return MG_UUID;
    case Type::json: return MG_JSON;
  }
  return MG_NULL;
}

/// What is wrong with one announced column, or empty.
std::string fault_of(const mg_column& column) {
  if (column.size != sizeof(mg_column)) {
    return "has size " + std::to_string(column.size) + " instead of " + std::to_string(sizeof(mg_column));
  }
  if (text_of(column.name).empty()) return "has no name";
  if (!valid_utf8(text_of(column.name))) return "has a name that is not UTF-8";
  if (column.type != MG_NULL && !type_of(column.type)) return "has the unknown type " + std::to_string(column.type);
  return {};
}

/// Whether the places in the key are 1, 2, … without gap or repeat.
bool sound_key(std::vector<std::uint32_t> places) {
  std::sort(places.begin(), places.end());
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (places[i] != i + 1) return false;
  }
  return true;
}

}  // namespace

Status convert_columns(const Plugin& plugin, const mg_column* columns, std::size_t count, SourceColumns& out,
                       std::vector<std::optional<Type>>& carried) {
  out.schema.version = 0;
  out.schema.fields.clear();
  out.uncarried.clear();
  carried.clear();
  if (count > kMostColumns || (count > 0 && columns == nullptr)) {
    return broken_promise(plugin, "it announced " + std::to_string(count) + " columns" + (columns == nullptr ? " at no address" : ""));
  }
  std::unordered_set<std::string_view> names;
  std::vector<std::uint32_t> places;
  bool key_carried = true;
  for (std::size_t i = 0; i < count; ++i) {
    const mg_column& column = columns[i];
    std::string fault = fault_of(column);
    if (fault.empty() && !names.insert(text_of(column.name)).second) fault = "'" + std::string(text_of(column.name)) + "' is there twice";
    if (!fault.empty()) return broken_promise(plugin, "column " + std::to_string(i + 1) + " " + fault);
    if (column.key > 0) places.push_back(column.key);
    const auto type = carried.emplace_back(type_of(column.type));
    if (!type) {
      out.uncarried.push_back(Field{.name = std::string(text_of(column.name)), .native = std::string(text_of(column.native))});
      key_carried = key_carried && column.key == 0;
      continue;
    }
    out.schema.fields.push_back(Field{.name = std::string(text_of(column.name)),
                                      .type = *type,
                                      .nullable = column.nullable != 0,
                                      .key = static_cast<int>(column.key),
                                      .native = std::string(text_of(column.native))});
  }
  if (!sound_key(std::move(places))) return broken_promise(plugin, "the places of its key columns are not 1, 2, …");
  if (!key_carried) {
    for (Field& field : out.schema.fields) field.key = 0;
  }
  return {};
}

const char* convert_value(const mg_value& from, Type type, Value& out) {
  if (from.kind == MG_NULL) {
    out.null = true;
    return nullptr;
  }
  if (from.kind != kind_of(type)) return "is not of its column's kind";
  out.null = false;
  out.type = type;
  switch (type) {
    case Type::float32:
    case Type::float64: out.real = from.f; return nullptr;
    case Type::uint64: out.natural = from.u; return nullptr;
    case Type::uuid:
      if (from.s.size != 16) return "is a uuid, but not of 16 bytes";
      [[fallthrough]];
    case Type::decimal:
    case Type::text:
    case Type::bytes:
    case Type::json:
      if (from.s.data == nullptr && from.s.size > 0) return "has a size, but no address";
      out.text = text_of(from.s);
      return nullptr;
    case Type::boolean:
      if (from.i != 0 && from.i != 1) return "is a boolean, but neither 0 nor 1";
      [[fallthrough]];
    default: out.integer = from.i; return nullptr;
  }
}

mg_value to_border(const Value& value) {
  mg_value out{};
  if (value.null) return out;
  out.kind = kind_of(value.type);
  switch (value.type) {
    case Type::float32:
    case Type::float64: out.f = value.real; break;
    case Type::uint64: out.u = value.natural; break;
    case Type::decimal:
    case Type::text:
    case Type::bytes:
    case Type::uuid:
    case Type::json: out.s = {value.text.data(), value.text.size()}; break;
    default: out.i = value.integer; break;
  }
  return out;
}

}  // namespace meshgate::ingest
