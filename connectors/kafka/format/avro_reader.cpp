#include "connectors/kafka/format/avro_reader.hpp"

#include <bit>
#include <limits>
#include <map>
#include <span>

#include "connectors/kafka/format/json_text.hpp"
#include "connectors/kafka/format/wire.hpp"

namespace meshgate::kafka::format {

namespace {

using Form = AvroType::Form;

constexpr size_t kDeepest = 128;
constexpr const char* kCutOff = "the bytes end within a value";

template <class Bits>
Bits little_endian(std::string_view bytes) {
  Bits out = 0;
  for (size_t i = 0; i < sizeof(Bits); ++i) out |= static_cast<Bits>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return out;
}

}  // namespace

std::string AvroReader::fields(uint32_t type, std::string_view lone, Decoded& out) {
  const AvroType& root = schema_.at(type);
  const AvroType::Member alone{std::string(lone), type};
  const bool record = root.form == Form::record && root.meaning == Meaning::itself;
  for (const AvroType::Member& each : record ? std::span(root.members) : std::span(&alone, 1)) {
    Field& field = out.fields.emplace_back();
    field.name = record ? std::string_view(each.name) : lone;
    field.native = schema_.native(each.type);
    field.kind = schema_.kind(each.type);
    field.nullable = schema_.nullable(each.type);
    if (const char* why = value(each.type, out.texts, field.value)) return std::string(field.name) + ": " + why;
  }
  return {};
}

const char* AvroReader::choose(uint32_t& type) {
  const AvroType& it = schema_.at(type);
  if (it.form != Form::choice) return nullptr;
  int64_t branch = 0;
  if (const char* why = whole(0, static_cast<int64_t>(it.inner.size()) - 1, branch)) return why;
  type = it.inner[static_cast<size_t>(branch)];
  return nullptr;
}

const char* AvroReader::value(uint32_t type, Texts& texts, mg_value& out) {
  const int32_t kind = schema_.kind(type);
  uint32_t chosen = type;
  if (const char* why = choose(chosen)) return why;
  const AvroType& it = schema_.at(chosen);
  out = sdk::null_value();
  if (it.form == Form::null) return nullptr;
  if (it.form == Form::record && it.meaning == Meaning::variable_decimal && kind == MG_DECIMAL) return variable_decimal(texts, out);
  if (kind != MG_JSON || it.meaning == Meaning::json) return scalar(it, texts, out);
  std::string& text = texts.next();
  if (const char* why = json(chosen, text, 0)) return why;
  out = sdk::string_value(MG_JSON, text);
  return nullptr;
}

const char* AvroReader::scalar(const AvroType& type, Texts& texts, mg_value& out) {
  std::string_view bytes;
  int64_t number = 0;
  switch (type.form) {
    case Form::boolean:
      if (const char* why = take(1, bytes)) return why;
      out = sdk::bool_value(bytes[0] == 1);
      return bytes[0] == 0 || bytes[0] == 1 ? nullptr : "a boolean that is neither 0 nor 1";
    case Form::whole32:
      if (const char* why = whole(std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max(), number)) return why;
      return number_value(type.meaning, number, out);
    case Form::whole64:
      if (const char* why = whole(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(), number)) return why;
      return number_value(type.meaning, number, out);
    case Form::float32:
      if (const char* why = take(sizeof(float), bytes)) return why;
      return float_value(MG_FLOAT32, std::bit_cast<float>(little_endian<uint32_t>(bytes)), out);
    case Form::float64:
      if (const char* why = take(sizeof(double), bytes)) return why;
      return float_value(MG_FLOAT64, std::bit_cast<double>(little_endian<uint64_t>(bytes)), out);
    case Form::bytes:
      if (const char* why = counted_bytes(bytes)) return why;
      return bytes_value(type.meaning, type.scale, bytes, texts, out);
    case Form::fixed:
      if (const char* why = take(type.size, bytes)) return why;
      return bytes_value(type.meaning, type.scale, bytes, texts, out);
    case Form::string:
      if (const char* why = counted_bytes(bytes)) return why;
      return text_value(type.meaning, bytes, texts, out);
    case Form::enumeration:
      if (const char* why = whole(0, static_cast<int64_t>(type.symbols.size()) - 1, number)) return why;
      out = sdk::string_value(MG_TEXT, type.symbols[static_cast<size_t>(number)]);
      return nullptr;
    default: out = sdk::null_value(); return nullptr;
  }
}

const char* AvroReader::json(uint32_t type, std::string& out, size_t depth) {
  if (const char* why = spend(depth)) return why;
  if (const char* why = choose(type)) return why;
  const AvroType& it = schema_.at(type);
  mg_value value{};
  const char* why = nullptr;
  scratch_.clear();
  switch (it.form) {
    case Form::list: return list_json(it, out, depth);
    case Form::map: return map_json(it, out, depth);
    case Form::record:
      if (it.meaning != Meaning::variable_decimal) return record_json(it, out, depth);
      why = variable_decimal(scratch_, value);
      break;
    default: why = scalar(it, scratch_, value); break;
  }
  if (why == nullptr) append_json(out, value);
  return why;
}

const char* AvroReader::record_json(const AvroType& type, std::string& out, size_t depth) {
  char before = '{';
  for (const AvroType::Member& each : type.members) {
    append_json_string(out += before, each.name);
    if (const char* why = json(each.type, out += ':', depth + 1)) return why;
    before = ',';
  }
  out += type.members.empty() ? "{}" : "}";
  return nullptr;
}

const char* AvroReader::list_json(const AvroType& type, std::string& out, size_t depth) {
  char before = '[';
  for (uint64_t count = 0;;) {
    if (const char* why = block(count)) return why;
    if (count == 0) break;
    for (; count > 0; --count) {
      if (const char* why = json(type.inner[0], out += before, depth + 1)) return why;
      before = ',';
    }
  }
  out += before == '[' ? "[]" : "]";
  return nullptr;
}

/// Sorted by name: writers keep no order, and the same map must give the same text.
const char* AvroReader::map_json(const AvroType& type, std::string& out, size_t depth) {
  std::map<std::string_view, std::string> members;
  for (uint64_t count = 0;;) {
    if (const char* why = block(count)) return why;
    if (count == 0) break;
    for (; count > 0; --count) {
      std::string_view name;
      if (const char* why = counted_bytes(name)) return why;
      if (!valid_utf8(name)) return "a map's key is not UTF-8";
      const auto [place, fresh] = members.try_emplace(name);
      if (!fresh) return "a map has a key twice";
      if (const char* why = json(type.inner[0], place->second, depth + 1)) return why;
    }
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

const char* AvroReader::variable_decimal(Texts& texts, mg_value& out) {
  int64_t scale = 0;
  std::string_view bytes;
  if (const char* why = whole(std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max(), scale)) return why;
  if (const char* why = counted_bytes(bytes)) return why;
  return bytes_value(Meaning::decimal, scale, bytes, texts, out);
}

const char* AvroReader::skip(uint32_t type, size_t depth) {
  if (const char* why = spend(depth)) return why;
  if (const char* why = choose(type)) return why;
  const AvroType& it = schema_.at(type);
  std::string_view bytes;
  int64_t number = 0;
  switch (it.form) {
    case Form::null: return nullptr;
    case Form::boolean: return take(1, bytes);
    case Form::whole32:
    case Form::whole64:
    case Form::enumeration: return whole(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(), number);
    case Form::float32: return take(sizeof(float), bytes);
    case Form::float64: return take(sizeof(double), bytes);
    case Form::bytes:
    case Form::string: return counted_bytes(bytes);
    case Form::fixed: return take(it.size, bytes);
    case Form::record:
      for (const AvroType::Member& each : it.members) {
        if (const char* why = skip(each.type, depth + 1)) return why;
      }
      return nullptr;
    case Form::list:
    case Form::map: break;
    case Form::choice: return "a union within a union";
  }
  for (uint64_t count = 0;;) {
    if (const char* why = block(count)) return why;
    if (count == 0) return nullptr;
    for (; count > 0; --count) {
      const char* why = it.form == Form::map ? counted_bytes(bytes) : nullptr;
      if (why == nullptr) why = skip(it.inner[0], depth + 1);
      if (why != nullptr) return why;
    }
  }
}

const char* AvroReader::block(uint64_t& count) {
  int64_t stored = 0;
  int64_t size = 0;
  if (const char* why = whole(-std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::max(), stored)) return why;
  if (stored < 0) {
    if (const char* why = whole(0, std::numeric_limits<int64_t>::max(), size)) return why;
  }
  count = static_cast<uint64_t>(stored < 0 ? -stored : stored);
  return nullptr;
}

const char* AvroReader::spend(size_t depth) {
  if (depth > kDeepest) return "values within values, more than 128 deep";
  if (values_left_ == 0) return "more values than its bytes can hold";
  --values_left_;
  return nullptr;
}

const char* AvroReader::whole(int64_t least, int64_t most, int64_t& out) {
  uint64_t stored = 0;
  if (!take_varint(bytes_, stored)) return bytes_.size() < 10 ? kCutOff : "a number of more than 64 bits";
  out = unzigzag(stored);
  return out < least || out > most ? "a number outside of what its type allows" : nullptr;
}

const char* AvroReader::take(uint64_t size, std::string_view& out) {
  if (size > bytes_.size()) return kCutOff;
  out = bytes_.substr(0, size);
  bytes_.remove_prefix(size);
  return nullptr;
}

const char* AvroReader::counted_bytes(std::string_view& out) {
  int64_t size = 0;
  if (const char* why = whole(0, std::numeric_limits<int64_t>::max(), size)) return why;
  return take(static_cast<uint64_t>(size), out);
}

}  // namespace meshgate::kafka::format
