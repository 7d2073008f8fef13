#include "connectors/kafka/format/json_field.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "connectors/kafka/format/calendar.hpp"
#include "connectors/kafka/format/decimal.hpp"
#include "connectors/kafka/format/fit.hpp"
#include "connectors/kafka/format/json_text.hpp"
#include "connectors/kafka/format/meaning.hpp"

namespace meshgate::kafka::format {

namespace {

constexpr std::pair<int32_t, std::string_view> kKinds[] = {
    {MG_BOOL, "bool"}, {MG_INT64, "int64"}, {MG_UINT64, "uint64"}, {MG_FLOAT32, "float32"}, {MG_FLOAT64, "float64"},
    {MG_DECIMAL, "decimal"}, {MG_TEXT, "text"}, {MG_BYTES, "bytes"}, {MG_DATE, "date"}, {MG_TIME, "time"},
    {MG_TIMESTAMP, "timestamp"}, {MG_TIMESTAMPTZ, "timestamptz"}, {MG_UUID, "uuid"}, {MG_JSON, "json"},
};

template <class T>
bool whole(std::string_view text, T& out) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failed == std::errc{} && end == text.data() + text.size();
}

bool counted(std::optional<int64_t> count, int32_t kind, mg_value& out) {
  if (!count) return false;
  out = sdk::integer_value(kind, *count);
  return true;
}

bool decimal(std::string_view text, Texts& texts, mg_value& out) {
  std::string& digits = texts.next();
  if (!append_plain_number(digits, text)) return false;
  out = sdk::string_value(MG_DECIMAL, digits);
  return true;
}

bool from_number(std::string_view token, int32_t kind, Texts& texts, mg_value& out) {
  switch (kind) {
    case MG_INT64: out = sdk::int64_value(0); return whole(token, out.i);
    case MG_UINT64: out = sdk::uint64_value(0); return whole(token, out.u);
    case MG_FLOAT32: {
      float read = 0;
      if (!whole(token, read)) return false;
      out = sdk::float_value(MG_FLOAT32, read);
      return std::isfinite(read);
    }
    case MG_FLOAT64: out = sdk::float_value(MG_FLOAT64, 0); return whole(token, out.f) && std::isfinite(out.f);
    case MG_DECIMAL: return decimal(token, texts, out);
    default: return false;
  }
}

bool from_string(std::string_view text, int32_t kind, Texts& texts, mg_value& out) {
  switch (kind) {
    case MG_TEXT: out = sdk::string_value(MG_TEXT, text); return true;
    case MG_UUID: return text_value(Meaning::uuid, text, texts, out) == nullptr;
    case MG_DATE: return counted(parse_date(text), kind, out);
    case MG_TIME: return counted(parse_time(text), kind, out);
    case MG_TIMESTAMP: return counted(parse_timestamp(text), kind, out);
    case MG_TIMESTAMPTZ: return counted(parse_timestamptz(text), kind, out);
    case MG_DECIMAL: return decimal(text, texts, out);
    case MG_INT64:
    case MG_UINT64: return from_number(text, kind, texts, out);
    case MG_BYTES: {
      auto bytes = decode_base64(text);
      if (!bytes) return false;
      out = sdk::string_value(MG_BYTES, texts.next() = std::move(*bytes));
      return true;
    }
    default: return false;
  }
}

std::optional<int32_t> kind_named(std::string_view name) {
  for (const auto& [kind, known] : kKinds) {
    if (known == name) return kind;
  }
  return std::nullopt;
}

}  // namespace

int32_t inferred_kind(const Json& json) {
  switch (json.form) {
    case Json::Form::null: return MG_NULL;
    case Json::Form::boolean: return MG_BOOL;
    case Json::Form::string: return MG_TEXT;
    case Json::Form::list:
    case Json::Form::object: return MG_JSON;
    case Json::Form::number: break;
  }
  int64_t number = 0;
  return whole(json.token, number) ? MG_INT64 : MG_DECIMAL;
}

bool json_value(const Json& json, int32_t kind, Texts& texts, mg_value& out) {
  out = sdk::null_value();
  if (json.form == Json::Form::null) return true;
  if (kind == MG_JSON) {
    out = sdk::string_value(MG_JSON, json.token);
    return true;
  }
  switch (json.form) {
    case Json::Form::boolean: out = sdk::bool_value(json.is_true()); return kind == MG_BOOL;
    case Json::Form::number: return from_number(json.token, kind, texts, out);
    case Json::Form::string: return from_string(json.text, kind, texts, out);
    default: return false;
  }
}

sdk::Status read_types(const std::vector<std::string>& entries, DeclaredTypes& out) {
  for (const std::string& entry : entries) {
    const size_t colon = entry.rfind(':');
    const auto kind = colon == std::string::npos ? std::nullopt : kind_named(std::string_view(entry).substr(colon + 1));
    if (!kind || colon == 0) {
      return sdk::failure(MG_CONFIG, "types: '" + entry + "' is not field:type; the types are bool, int64, uint64, float32, float64, decimal, text, " +
                                         "bytes, date, time, timestamp, timestamptz, uuid and json");
    }
    if (!out.emplace(entry.substr(0, colon), *kind).second) {
      return sdk::failure(MG_CONFIG, "types: field '" + entry.substr(0, colon) + "' is there twice; keep one");
    }
  }
  return {};
}

std::string FieldsAsMet::add(const Json& json, Decoded& out) {
  if (json.form != Json::Form::object) return add_one(lone_, json, out);
  std::string fault = names_fault(json, names_);
  for (const Json& each : Within(json)) {
    if (fault.empty()) fault = add_one(each.name, each, out);
  }
  return fault;
}

std::string FieldsAsMet::add_one(std::string_view name, const Json& json, Decoded& out) const {
  const auto declared = types_.find(name);
  Field& field = out.fields.emplace_back();
  field.name = name;
  field.kind = declared == types_.end() ? inferred_kind(json) : declared->second;
  return json_value(json, field.kind, out.texts, field.value) ? std::string() : mismatch(name, json, field.kind);
}

std::string shown(std::string_view token) {
  constexpr size_t kMost = 60;
  if (token.size() <= kMost) return std::string(token);
  size_t size = kMost;
  while (size > 0 && (static_cast<unsigned char>(token[size]) & 0xC0U) == 0x80U) --size;
  return std::string(token.substr(0, size)) + "…";
}

std::string mismatch(std::string_view field, const Json& json, int32_t kind) {
  return std::string(field) + ": " + shown(json.form == Json::Form::string ? json.text : json.token) + " is not " + std::string(kind_name(kind));
}

std::string names_fault(const Json& object, std::vector<std::string_view>& sorted) {
  sorted.clear();
  for (const Json& each : Within(object)) sorted.push_back(each.name);
  std::sort(sorted.begin(), sorted.end());
  if (!sorted.empty() && sorted.front().empty()) return "without a name";
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  return twice == sorted.end() ? std::string() : std::string(*twice) + ": is there twice";
}

std::string_view kind_name(int32_t kind) {
  for (const auto& [known, name] : kKinds) {
    if (known == kind) return name;
  }
  return "null";
}

}  // namespace meshgate::kafka::format
