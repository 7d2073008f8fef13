#include "connectors/kafka/format/json_schema.hpp"

#include <algorithm>
#include <utility>

#include "connectors/kafka/format/avro.hpp"
#include "connectors/kafka/format/json_field.hpp"
#include "connectors/kafka/format/json_tree.hpp"
#include "connectors/kafka/format/schema_cache.hpp"
#include "connectors/kafka/format/wire.hpp"

namespace meshgate::kafka::format {

namespace {

constexpr size_t kDeepest = 32;

constexpr std::pair<std::string_view, int32_t> kTypes[] = {
    {"string", MG_TEXT}, {"integer", MG_INT64}, {"number", MG_DECIMAL}, {"boolean", MG_BOOL}, {"object", MG_JSON}, {"array", MG_JSON}, {"null", MG_NULL},
};

int32_t kind_of_type(std::string_view name) {
  for (const auto& [known, kind] : kTypes) {
    if (known == name) return kind;
  }
  return MG_JSON;
}

/// What is known of a value: the kind that holds all that may come, and whether null is among it.
struct Allowed {
  int32_t kind = MG_NULL;
  bool null = false;

  void add(const Allowed& other) {
    null = null || other.null;
    if (other.kind == MG_NULL || other.kind == kind) return;
    const bool numbers = (kind == MG_INT64 || kind == MG_DECIMAL) && (other.kind == MG_INT64 || other.kind == MG_DECIMAL);
    kind = kind == MG_NULL ? other.kind : numbers ? MG_DECIMAL : MG_JSON;
  }
};

class Compiler {
 public:
  Compiler(const Json& root, JsonSchema& out) : root_(root), out_(out) {}

  void run() {
    const Allowed allowed = allowed_by(root_, 0);
    collect(root_, 0);
    out_.object = !out_.properties.empty() || member_text(resolved(root_), "type") == "object";
    out_.kind = allowed.kind == MG_NULL ? MG_JSON : allowed.kind;
  }

 private:
  /// Follows "#/definitions/Order"; what cannot be followed stays.
  const Json& resolved(const Json& schema) const {
    const Json* at = &schema;
    for (size_t hops = 0; hops < kDeepest; ++hops) {
      const std::string_view path = member_text(*at, "$ref");
      const Json* to = path.starts_with("#/") ? follow(path.substr(2)) : nullptr;
      if (to == nullptr) break;
      at = to;
    }
    return *at;
  }
  const Json* follow(std::string_view path) const {
    const Json* at = &root_;
    while (at != nullptr && !path.empty()) {
      const size_t end = std::min(path.find('/'), path.size());
      at = member(*at, path.substr(0, end));
      path.remove_prefix(std::min(end + 1, path.size()));
    }
    return at;
  }

  Allowed allowed_by(const Json& schema, size_t depth) const {
    const Json& it = resolved(schema);
    Allowed out;
    if (depth > kDeepest) return {.kind = MG_JSON, .null = true};
    if (const Json* type = member(it, "type")) {
      if (type->form == Json::Form::string) out.add({.kind = kind_of_type(type->text), .null = type->text == "null"});
      if (type->form == Json::Form::list) {
        for (const Json& each : Within(*type)) out.add({.kind = kind_of_type(each.text), .null = each.text == "null"});
      }
      return out;
    }
    for (const char* several : {"oneOf", "anyOf"}) {
      const Json* branches = member(it, several);
      if (branches == nullptr || branches->form != Json::Form::list) continue;
      for (const Json& each : Within(*branches)) out.add(allowed_by(each, depth + 1));
      return out;
    }
    const Json* all = member(it, "allOf");
    if (all != nullptr && all->form == Json::Form::list && all->size > 1) return allowed_by(*Within(*all).begin(), depth + 1);
    return {.kind = MG_JSON, .null = true};
  }

  /// The properties of a schema and of all that it is made of.
  void collect(const Json& schema, size_t depth) {
    const Json& it = resolved(schema);
    if (depth > kDeepest) return;
    if (const Json* all = member(it, "allOf"); all != nullptr && all->form == Json::Form::list) {
      for (const Json& each : Within(*all)) collect(each, depth + 1);
    }
    const Json* properties = member(it, "properties");
    if (properties == nullptr || properties->form != Json::Form::object) return;
    for (const Json& each : Within(*properties)) add(each, it);
  }

  void add(const Json& property, const Json& owner) {
    const bool known = std::any_of(out_.properties.begin(), out_.properties.end(), [&](const auto& each) { return each.name == property.name; });
    if (known || property.name.empty()) return;
    const Allowed allowed = allowed_by(property, 0);
    const Json* required = member(owner, "required");
    bool must = false;
    if (required != nullptr && required->form == Json::Form::list) {
      for (const Json& each : Within(*required)) must = must || each.text == property.name;
    }
    out_.properties.push_back(
        {.name = std::string(property.name), .kind = allowed.kind == MG_NULL ? MG_JSON : allowed.kind, .nullable = !must || allowed.null});
  }

  const Json& root_;
  JsonSchema& out_;
};

class JsonSchemaDecoder : public Decoder {
 public:
  JsonSchemaDecoder(std::string lone, bool key, Registry& registry)
      : lone_(std::move(lone)), key_(key), schemas_(registry, Written::Language::json, compile_json_schema) {}

  sdk::Status decode(std::string_view bytes, Decoded& out) override {
    out.begin();
    Framed frame;
    JsonSchema* schema = nullptr;
    if (const char* why = split_frame(bytes, frame)) return sdk::failure(MG_BAD_RECORD, why);
    if (sdk::Status known = schemas_.get(frame.schema, schema); !known.ok()) return known;
    if (const char* why = tree_.parse(frame.payload)) return sdk::failure(MG_BAD_RECORD, why);
    const std::string fault = fill(*schema, tree_.root(), out);
    return fault.empty() ? sdk::Status{} : sdk::failure(MG_BAD_RECORD, "field " + fault);
  }

  sdk::Status expect(std::string_view topic, Decoded& out) override {
    out.begin();
    if (sdk::Status asked = schemas_.latest(subject_of(topic, key_), expected_); !asked.ok() || !expected_) return asked;
    add_properties(*expected_, out);
    if (!expected_->object) out.fields.push_back({.name = lone_, .kind = expected_->kind});
    return {};
  }

 private:
  static void add_properties(const JsonSchema& schema, Decoded& out) {
    for (const JsonSchema::Property& each : schema.properties) {
      out.fields.push_back({.name = each.name, .kind = each.kind, .nullable = each.nullable});
    }
  }

  /// The schema's properties first, then what else is there.
  std::string fill(const JsonSchema& schema, const Json& json, Decoded& out) {
    if (json.form != Json::Form::object) {
      out.fields.push_back({.name = lone_, .kind = schema.object ? inferred_kind(json) : schema.kind});
      return set(out.fields.back(), json, out);
    }
    std::string fault = names_fault(json, names_);
    add_properties(schema, out);
    for (const Json& each : Within(json)) {
      if (!fault.empty()) return fault;
      const auto end = out.fields.begin() + static_cast<std::ptrdiff_t>(schema.properties.size());
      const auto known = std::find_if(out.fields.begin(), end, [&](const Field& field) { return field.name == each.name; });
      const auto place = known == end ? out.fields.size() : static_cast<size_t>(known - out.fields.begin());
      if (place == out.fields.size()) out.fields.push_back({.name = each.name, .kind = inferred_kind(each)});
      fault = set(out.fields[place], each, out);
    }
    return fault;
  }

  static std::string set(Field& field, const Json& json, Decoded& out) {
    return json_value(json, field.kind, out.texts, field.value) ? std::string() : mismatch(field.name, json, field.kind);
  }

  std::string lone_;
  bool key_;
  SchemaCache<JsonSchema> schemas_;
  JsonTree tree_;
  std::vector<std::string_view> names_;
  std::unique_ptr<JsonSchema> expected_;
};

}  // namespace

std::string compile_json_schema(const Written& written, JsonSchema& out) {
  JsonTree tree;
  if (tree.parse(written.text) != nullptr) return "the JSON Schema is not JSON";
  Compiler(tree.root(), out).run();
  return {};
}

std::unique_ptr<Decoder> make_json_schema_decoder(std::string lone, bool key, Registry& registry) {
  return std::make_unique<JsonSchemaDecoder>(std::move(lone), key, registry);
}

}  // namespace meshgate::kafka::format
