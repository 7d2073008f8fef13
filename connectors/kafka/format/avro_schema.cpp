#include "connectors/kafka/format/avro_schema.hpp"

#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "connectors/kafka/format/json_tree.hpp"

namespace meshgate::kafka::format {

namespace {

using Form = AvroType::Form;

constexpr size_t kDeepest = 64;
constexpr size_t kMostTypes = 100'000;
constexpr int64_t kMostFixed = int64_t{64} << 20U;

constexpr std::pair<std::string_view, Form> kPrimitives[] = {
    {"null", Form::null},       {"boolean", Form::boolean}, {"int", Form::whole32},  {"long", Form::whole64},
    {"float", Form::float32},   {"double", Form::float64},  {"bytes", Form::bytes}, {"string", Form::string},
};

constexpr std::pair<std::string_view, Meaning> kLogical[] = {
    {"decimal", Meaning::decimal},
    {"uuid", Meaning::uuid},
    {"date", Meaning::date},
    {"duration", Meaning::duration},
    {"time-millis", Meaning::time_millis},
    {"time-micros", Meaning::time_micros},
    {"timestamp-millis", Meaning::instant_millis},
    {"timestamp-micros", Meaning::instant_micros},
    {"timestamp-nanos", Meaning::instant_nanos},
    {"local-timestamp-millis", Meaning::local_millis},
    {"local-timestamp-micros", Meaning::local_micros},
    {"local-timestamp-nanos", Meaning::local_nanos},
};

std::optional<Form> primitive(std::string_view name) {
  for (const auto& [known, form] : kPrimitives) {
    if (known == name) return form;
  }
  return std::nullopt;
}

std::optional<int64_t> whole(const Json* json) {
  int64_t number = 0;
  if (json == nullptr || json->form != Json::Form::number) return std::nullopt;
  const auto read = std::from_chars(json->token.data(), json->token.data() + json->token.size(), number);
  if (read.ec != std::errc{} || read.ptr != json->token.data() + json->token.size()) return std::nullopt;
  return number;
}

bool is_variable_decimal(const AvroSchema& schema, const AvroType& type) {
  return type.members.size() == 2 && type.members[0].name == "scale" && schema.at(type.members[0].type).form == Form::whole32 &&
         type.members[1].name == "value" && schema.at(type.members[1].type).form == Form::bytes;
}

/// Whether something stored so can mean that. What does not suit is ignored, as the specification asks.
bool suits(const AvroSchema& schema, const AvroType& type, Meaning meaning) {
  switch (meaning) {
    case Meaning::variable_decimal: return type.form == Form::record && is_variable_decimal(schema, type);
    case Meaning::decimal: return type.form == Form::bytes || type.form == Form::fixed;
    case Meaning::duration: return type.form == Form::fixed && type.size == 12;
    case Meaning::uuid: return type.form == Form::string || (type.form == Form::fixed && type.size == 16);
    case Meaning::json:
    case Meaning::instant_text: return type.form == Form::string;
    default: return type.form == Form::whole32 || type.form == Form::whole64;
  }
}

class Compiler {
 public:
  explicit Compiler(AvroSchema& schema) : schema_(schema) {}

  /// The type's place; only good when fault() is empty.
  uint32_t type(const Json& json, const std::string& space, size_t depth) {
    if (depth > kDeepest) return fail("types within types, more than 64 deep");
    if (schema_.types.size() > kMostTypes) return fail("too many types");
    if (json.form == Json::Form::string) return named(json.text, space);
    if (json.form == Json::Form::list) return choice(json, space, depth);
    if (json.form != Json::Form::object) return fail("a type is neither a name, a list nor an object");
    const Json* inner = member(json, "type");
    if (inner == nullptr) return fail("a type without 'type'");
    if (inner->form != Json::Form::string) return type(*inner, space, depth + 1);
    return declared(json, inner->text, space, depth);
  }
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  uint32_t fail(std::string why) {
    if (fault_.empty()) fault_ = std::move(why);
    return 0;
  }
  uint32_t add(AvroType made) {
    schema_.types.push_back(std::move(made));
    return static_cast<uint32_t>(schema_.types.size() - 1);
  }

  uint32_t named(std::string_view name, const std::string& space) {
    if (const auto form = primitive(name)) return add({.form = *form, .native = std::string(name)});
    const bool full = name.find('.') != std::string_view::npos;
    for (const std::string& each : {full || space.empty() ? std::string(name) : space + "." + std::string(name), std::string(name)}) {
      const auto found = names_.find(each);
      if (found != names_.end()) return found->second;
    }
    return fail("the type " + std::string(name) + " is not declared");
  }

  uint32_t choice(const Json& json, const std::string& space, size_t depth) {
    AvroType made{.form = Form::choice, .native = "union"};
    for (const Json& each : Within(json)) {
      made.inner.push_back(type(each, space, depth + 1));
      if (!fault_.empty()) return 0;
      if (schema_.at(made.inner.back()).form == Form::choice) return fail("a union within a union");
    }
    if (made.inner.empty()) return fail("a union of nothing");
    return add(std::move(made));
  }

  uint32_t declared(const Json& json, std::string_view what, const std::string& space, size_t depth) {
    if (what == "array" || what == "map") return holder(json, what, space, depth);
    if (what == "record" || what == "error" || what == "enum" || what == "fixed") return naming(json, what, space, depth);
    const uint32_t at = named(what, space);
    if (fault_.empty() && primitive(what)) give_meaning(json, at);
    return at;
  }

  uint32_t holder(const Json& json, std::string_view what, const std::string& space, size_t depth) {
    const Json* inner = member(json, what == "array" ? "items" : "values");
    if (inner == nullptr) return fail("an " + std::string(what) + " that does not say of what");
    AvroType made{.form = what == "array" ? Form::list : Form::map, .native = std::string(what)};
    made.inner.push_back(type(*inner, space, depth + 1));
    return add(std::move(made));
  }

  /// A type with a name of its own, which is known from here on, also within itself.
  uint32_t naming(const Json& json, std::string_view what, const std::string& space, size_t depth) {
    const std::string name(member_text(json, "name"));
    if (name.empty()) return fail("a " + std::string(what) + " without a name");
    const size_t dot = name.rfind('.');
    std::string own = dot != std::string::npos ? name.substr(0, dot) : space;
    if (dot == std::string::npos && member(json, "namespace") != nullptr) own = member_text(json, "namespace");
    const std::string full = dot != std::string::npos || own.empty() ? name : own + "." + name;
    const Form form = what == "enum" ? Form::enumeration : what == "fixed" ? Form::fixed : Form::record;
    const uint32_t at = add({.form = form, .native = full});
    if (!names_.emplace(full, at).second) return fail("the type " + full + " is declared twice");
    if (form == Form::enumeration) read_symbols(json, at);
    if (form == Form::fixed) read_size(json, at);
    if (form == Form::record) read_members(json, at, own, depth);
    if (fault_.empty()) give_meaning(json, at);
    return at;
  }

  void read_symbols(const Json& json, uint32_t at) {
    const Json* symbols = member(json, "symbols");
    if (symbols == nullptr || symbols->form != Json::Form::list) {
      fail("the enum " + schema_.at(at).native + " has no symbols");
      return;
    }
    for (const Json& each : Within(*symbols)) schema_.types[at].symbols.emplace_back(each.text);
  }

  void read_size(const Json& json, uint32_t at) {
    const auto size = whole(member(json, "size"));
    if (!size || *size < 0 || *size > kMostFixed) {
      fail("the fixed " + schema_.at(at).native + " has no size that can be");
      return;
    }
    schema_.types[at].size = static_cast<uint64_t>(*size);
  }

  void read_members(const Json& json, uint32_t at, const std::string& space, size_t depth) {
    const Json* members = member(json, "fields");
    const std::string name = schema_.at(at).native;
    if (members == nullptr || members->form != Json::Form::list) {
      fail("the record " + name + " has no fields");
      return;
    }
    std::set<std::string_view> met;
    for (const Json& each : Within(*members)) {
      const std::string_view field = member_text(each, "name");
      const Json* inner = member(each, "type");
      if (field.empty() || inner == nullptr || !met.insert(field).second) {
        fail("the record " + name + " has a field without a name or type, or one twice");
        return;
      }
      const uint32_t place = type(*inner, space, depth + 1);
      schema_.types[at].members.push_back({std::string(field), place});
    }
  }

  void give_meaning(const Json& json, uint32_t at) {
    Meaning meaning = meaning_named(member_text(json, "connect.name"));
    AvroType& made = schema_.types[at];
    const std::string_view logical = member_text(json, "logicalType");
    for (const auto& [name, known] : kLogical) {
      if (meaning == Meaning::itself && name == logical) meaning = known;
    }
    if (meaning == Meaning::itself || !suits(schema_, made, meaning)) return;
    const auto scale = member(json, "scale") == nullptr ? 0 : whole(member(json, "scale"));
    const auto precision = whole(member(json, "precision"));
    if (meaning == Meaning::decimal) {
      if (!scale || *scale < 0 || !precision || *precision <= 0 || *scale > *precision) return;
      made.scale = *scale;
      made.native = "decimal(" + std::to_string(*precision) + "," + std::to_string(*scale) + ")";
    } else {
      made.native = logical.empty() ? member_text(json, "connect.name") : logical;
    }
    made.meaning = meaning;
  }

  AvroSchema& schema_;
  std::map<std::string, uint32_t, std::less<>> names_;
  std::string fault_;
};

}  // namespace

int32_t AvroSchema::kind(uint32_t type) const {
  const AvroType& it = at(type);
  switch (it.form) {
    case Form::null: return MG_NULL;
    case Form::boolean: return MG_BOOL;
    case Form::whole32:
    case Form::whole64: return kind_of_number(it.meaning, MG_INT64);
    case Form::float32: return MG_FLOAT32;
    case Form::float64: return MG_FLOAT64;
    case Form::bytes:
    case Form::fixed: return kind_of_bytes(it.meaning);
    case Form::string: return kind_of_text(it.meaning);
    case Form::enumeration: return MG_TEXT;
    case Form::record: return it.meaning == Meaning::variable_decimal ? MG_DECIMAL : MG_JSON;
    case Form::list:
    case Form::map: return MG_JSON;
    case Form::choice: break;
  }
  int32_t common = MG_NULL;
  for (const uint32_t branch : it.inner) {
    const int32_t one = kind(branch);
    if (one == MG_NULL || one == common) continue;
    if (common != MG_NULL) return MG_JSON;
    common = one;
  }
  return common;
}

bool AvroSchema::nullable(uint32_t type) const {
  if (at(type).form == Form::null) return true;
  if (at(type).form != Form::choice) return false;
  for (const uint32_t branch : at(type).inner) {
    if (at(branch).form == Form::null) return true;
  }
  return false;
}

bool AvroSchema::chooses_record(uint32_t type) const {
  for (const uint32_t branch : at(type).inner) {
    if (at(branch).form != Form::null && at(branch).form != Form::record) return false;
  }
  return at(type).form == Form::choice;
}

std::string_view AvroSchema::native(uint32_t type) const {
  const AvroType& it = at(type);
  if (it.form != Form::choice || it.inner.size() != 2 || !nullable(type)) return it.native;
  return at(it.inner[at(it.inner[0]).form == Form::null ? 1 : 0]).native;
}

std::string compile_avro(const Written& written, AvroSchema& out) {
  Compiler compiler(out);
  JsonTree tree;
  for (const Written::Reference& each : written.references) {
    if (tree.parse(each.text) != nullptr) return "the schema " + each.name + ", which it refers to, is not JSON";
    compiler.type(tree.root(), {}, 0);
  }
  // A schema that is only a name may stand without quotes.
  const std::string quoted = '"' + written.text + '"';
  if (tree.parse(primitive(written.text) ? std::string_view(quoted) : std::string_view(written.text)) != nullptr) return "the Avro schema is not JSON";
  out.root = compiler.type(tree.root(), {}, 0);
  return compiler.fault();
}

}  // namespace meshgate::kafka::format
