#include "connectors/kafka/format/connect_schema.hpp"

#include <charconv>
#include <map>
#include <utility>

#include "connectors/kafka/format/json_field.hpp"
#include "connectors/kafka/format/json_text.hpp"

namespace meshgate::kafka::format {

namespace {

using Form = ConnectType::Form;

constexpr size_t kDeepest = 64;

constexpr std::pair<std::string_view, Form> kForms[] = {
    {"boolean", Form::boolean}, {"int8", Form::whole},     {"int16", Form::whole}, {"int32", Form::whole},
    {"int64", Form::whole},     {"float", Form::float32},  {"double", Form::float64}, {"string", Form::text},
    {"bytes", Form::bytes},     {"array", Form::list},     {"map", Form::map},        {"struct", Form::record},
};

bool whole(std::string_view text, int64_t& out) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  return read.ec == std::errc{} && read.ptr == text.data() + text.size();
}

std::string compile(const Json& json, ConnectType& out, size_t depth);

std::string compile_inner(const Json& json, ConnectType& out, size_t depth) {
  const Json* of = member(json, out.form == Form::record ? "fields" : out.form == Form::list ? "items" : "values");
  if (of == nullptr) return "a " + out.native + " that does not say of what";
  if (out.form != Form::record) return compile(*of, out.inner.emplace_back(), depth + 1);
  if (of->form != Json::Form::list) return "the fields of a struct are not a list";
  for (const Json& each : Within(*of)) {
    const std::string name(member_text(each, "field"));
    if (name.empty() || out.member(name) != nullptr) return "a struct has a field without a name, or one twice";
    ConnectType& made = out.inner.emplace_back();
    made.field = name;
    if (std::string wrong = compile(each, made, depth + 1); !wrong.empty()) return wrong;
  }
  return {};
}

bool suits(const ConnectType& type, Meaning meaning) {
  switch (meaning) {
    case Meaning::decimal: return type.form == Form::bytes;
    case Meaning::uuid:
    case Meaning::json:
    case Meaning::instant_text: return type.form == Form::text;
    case Meaning::variable_decimal: return type.form == Form::record && type.member("scale") != nullptr && type.member("value") != nullptr;
    default: return type.form == Form::whole;
  }
}

std::string compile(const Json& json, ConnectType& out, size_t depth) {
  if (depth > kDeepest) return "types within types, more than 64 deep";
  const std::string_view name = member_text(json, "type");
  const auto* known = std::begin(kForms);
  while (known != std::end(kForms) && known->first != name) ++known;
  if (known == std::end(kForms)) return "the type '" + std::string(name) + "' is not one of Kafka Connect's";
  out.form = known->second;
  out.native = name;
  const Json* optional = member(json, "optional");
  out.optional = optional != nullptr && optional->is_true();
  if (out.form == Form::list || out.form == Form::map || out.form == Form::record) {
    if (std::string wrong = compile_inner(json, out, depth); !wrong.empty()) return wrong;
  }
  const std::string_view semantic = member_text(json, "name");
  const Meaning meaning = meaning_named(semantic);
  if (meaning == Meaning::itself || !suits(out, meaning)) return {};
  out.meaning = meaning;
  out.native = semantic;
  if (meaning != Meaning::decimal) return {};
  const Json* parameters = member(json, "parameters");
  const bool scaled = parameters != nullptr && whole(member_text(*parameters, "scale"), out.scale);
  return scaled ? std::string() : "a Decimal without a scale";
}

const char* typed_value(const ConnectType& type, const Json& json, Texts& texts, mg_value& out);

const char* members_json(const ConnectType& type, const Json& json, std::string& out);

const char* append_typed(const ConnectType& type, const Json& json, std::string& out) {
  const bool nested = type.kind() == MG_JSON && type.meaning == Meaning::itself && json.form != Json::Form::null;
  if (nested) return members_json(type, json, out);
  Texts texts;
  mg_value value{};
  const char* why = typed_value(type, json, texts, value);
  if (why == nullptr) append_json(out, value);
  return why;
}

const char* list_json(const ConnectType& type, const Json& json, std::string& out) {
  char before = '[';
  for (const Json& each : Within(json)) {
    if (const char* why = append_typed(type.inner[0], each, out += before)) return why;
    before = ',';
  }
  out += before == '[' ? "[]" : "]";
  return nullptr;
}

const char* record_json(const ConnectType& type, const Json& json, std::string& out) {
  static constexpr Json kMissing{};
  char before = '{';
  for (const ConnectType& each : type.inner) {
    const Json* found = member(json, each.field);
    append_json_string(out += before, each.field);
    if (const char* why = append_typed(each, found == nullptr ? kMissing : *found, out += ':')) return why;
    before = ',';
  }
  out += type.inner.empty() ? "{}" : "}";
  return nullptr;
}

/// Sorted by name: writers keep no order, and the same map must give the same text.
const char* map_json(const ConnectType& type, const Json& json, std::string& out) {
  std::map<std::string_view, std::string> members;
  for (const Json& each : Within(json)) {
    const auto [place, fresh] = members.try_emplace(each.name);
    if (!fresh) return "a map has a key twice";
    if (const char* why = append_typed(type.inner[0], each, place->second)) return why;
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

const char* members_json(const ConnectType& type, const Json& json, std::string& out) {
  switch (type.form) {
    case Form::list: return json.form == Json::Form::list ? list_json(type, json, out) : "not a list";
    case Form::record: return json.form == Json::Form::object ? record_json(type, json, out) : "not an object";
    default: return json.form == Json::Form::object ? map_json(type, json, out) : "not a map with texts as keys";
  }
}

const char* decimal_value(const ConnectType& type, const Json& json, Texts& texts, mg_value& out) {
  if (json.form == Json::Form::number) return json_value(json, MG_DECIMAL, texts, out) ? nullptr : "not a decimal";
  mg_value bytes{};
  if (json.form != Json::Form::string || !json_value(json, MG_BYTES, texts, bytes)) return "not base64";
  return bytes_value(Meaning::decimal, type.scale, sdk::view(bytes.s), texts, out);
}

const char* variable_decimal_value(const Json& json, Texts& texts, mg_value& out) {
  const Json* scale = member(json, "scale");
  const Json* value = member(json, "value");
  ConnectType type;
  if (scale == nullptr || value == nullptr || !whole(scale->token, type.scale)) return "not a decimal with its scale";
  return decimal_value(type, *value, texts, out);
}

const char* typed_value(const ConnectType& type, const Json& json, Texts& texts, mg_value& out) {
  out = sdk::null_value();
  if (json.form == Json::Form::null) return nullptr;
  int64_t number = 0;
  switch (type.form) {
    case Form::whole:
      if (json.form != Json::Form::number || !whole(json.token, number)) return "not an integer";
      return number_value(type.meaning, number, out);
    case Form::text: return json.form == Json::Form::string ? text_value(type.meaning, json.text, texts, out) : "not a text";
    case Form::bytes:
      if (type.meaning == Meaning::decimal) return decimal_value(type, json, texts, out);
      return json.form == Json::Form::string && json_value(json, MG_BYTES, texts, out) ? nullptr : "not base64";
    case Form::boolean: return json_value(json, MG_BOOL, texts, out) ? nullptr : "not true or false";
    case Form::float32:
    case Form::float64: return json.form == Json::Form::number && json_value(json, type.kind(), texts, out) ? nullptr : "not a number";
    default: break;
  }
  if (type.meaning == Meaning::variable_decimal) return variable_decimal_value(json, texts, out);
  std::string& text = texts.next();
  if (const char* why = members_json(type, json, text)) return why;
  out = sdk::string_value(MG_JSON, text);
  return nullptr;
}

std::string add_one(const ConnectType& type, const Json* json, std::string_view name, Decoded& out) {
  Field& field = out.fields.emplace_back();
  field.name = name;
  field.native = type.native;
  field.kind = type.kind();
  field.nullable = type.optional;
  const char* why = json == nullptr ? nullptr : typed_value(type, *json, out.texts, field.value);
  return why == nullptr ? std::string() : std::string(name) + ": " + shown(json->token) + " is " + why;
}

}  // namespace

int32_t ConnectType::kind() const {
  switch (form) {
    case Form::boolean: return MG_BOOL;
    case Form::whole: return kind_of_number(meaning, MG_INT64);
    case Form::float32: return MG_FLOAT32;
    case Form::float64: return MG_FLOAT64;
    case Form::text: return kind_of_text(meaning);
    case Form::bytes: return kind_of_bytes(meaning);
    case Form::record: return meaning == Meaning::variable_decimal ? MG_DECIMAL : MG_JSON;
    case Form::list:
    case Form::map: break;
  }
  return MG_JSON;
}

const ConnectType* ConnectType::member(std::string_view name) const {
  for (const ConnectType& each : inner) {
    if (each.field == name) return &each;
  }
  return nullptr;
}

std::string ConnectSchemas::get(const Json& schema, const ConnectType*& out) {
  for (const Known& each : known_) {
    if (each.text != schema.token) continue;
    out = &each.type;
    return each.fault;
  }
  if (known_.size() >= kMostSchemas) known_.clear();
  Known& made = known_.emplace_back();
  made.text = schema.token;
  made.fault = compile(schema, made.type, 0);
  out = &made.type;
  return made.fault;
}

std::optional<Enveloped> unwrap(const Json& json) {
  const Enveloped found{member(json, "schema"), member(json, "payload")};
  if (found.schema == nullptr || found.payload == nullptr) return std::nullopt;
  return json.size == 1 + found.schema->size + found.payload->size ? std::optional(found) : std::nullopt;
}

std::string add_typed(const ConnectType& type, const Json& json, std::string_view lone, Decoded& out) {
  if (type.form != Form::record || type.meaning != Meaning::itself) return add_one(type, &json, lone, out);
  if (json.form != Json::Form::object && json.form != Json::Form::null) return std::string(lone) + ": " + shown(json.token) + " is not an object";
  for (const ConnectType& each : type.inner) {
    if (std::string fault = add_one(each, member(json, each.field), each.field, out); !fault.empty()) return fault;
  }
  return {};
}

}  // namespace meshgate::kafka::format
