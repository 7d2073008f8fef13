#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "config/describe.hpp"
#include "mesh/value.hpp"

namespace meshgate::config {

namespace {

constexpr std::string_view kDurationPattern = R"(^(0|(0|[1-9][0-9]*)(ms|s|m|h|d)|\$\{(env|file):.+\})$)";
constexpr std::string_view kSizePattern = R"(^((0|[1-9][0-9]*)(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)?|\$\{(env|file):.+\})$)";
constexpr std::string_view kSharePattern = R"(^((0|[1-9][0-9]?)(\.[0-9]{1,2})?%|100(\.0{1,2})?%|\$\{(env|file):.+\})$)";
constexpr std::string_view kReferencePattern = R"(^\$\{(env|file):.+\}$)";

/// The described sections as a tree. "*" is a child like any other.
struct Branch {
  const Described* section = nullptr;
  std::map<std::string, std::unique_ptr<Branch>, std::less<>> children;

  Branch& child(std::string_view name) {
    auto& slot = children[std::string(name)];
    if (!slot) slot = std::make_unique<Branch>();
    return *slot;
  }
};

Branch tree(std::span<const Described> sections) {
  Branch root;
  for (const Described& section : sections) {
    Branch* at = &root;
    std::string_view rest = section.path;
    while (!rest.empty()) {
      const std::size_t dot = std::min(rest.find('.'), rest.size());
      at = &at->child(rest.substr(0, dot));
      rest.remove_prefix(std::min(dot + 1, rest.size()));
    }
    at->section = &section;
  }
  return root;
}

/// Writes one JSON value, members put in one after another.
class Object {
 public:
  explicit Object(std::string& out) : out_(out) { out_ += '{'; }
  ~Object() { out_ += '}'; }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  std::string& member(std::string_view name) {
    if (!std::exchange(first_, false)) out_ += ',';
    append_json_string(out_, name);
    return out_ += ':';
  }
  void text(std::string_view name, std::string_view value) { append_json_string(member(name), value); }
  void raw(std::string_view name, std::string_view value) { member(name).append(value); }

 private:
  std::string& out_;
  bool first_ = true;
};

void reference_or(Object& object, std::string_view type, const Key& key) {
  std::string limits;
  if (key.least != 0 || key.most != 0) limits = ",\"minimum\":" + std::to_string(key.least);
  if (key.most != 0) limits += ",\"maximum\":" + std::to_string(key.most);
  std::string& out = object.member("anyOf");
  out.append("[{\"type\":\"").append(type).append(1, '"').append(limits).append("},{\"type\":\"string\",\"pattern\":");
  append_json_string(out, kReferencePattern);
  out.append("}]");
}

void write_form(Object& object, const Key& key) {
  switch (key.form) {
    case Form::text:
    case Form::path: object.raw("type", R"(["string","integer"])"); return;
    case Form::integer: return reference_or(object, "integer", key);
    case Form::boolean: return reference_or(object, "boolean", key);
    case Form::duration: object.raw("type", R"(["string","integer"])"); return object.text("pattern", kDurationPattern);
    case Form::size: object.raw("type", R"(["string","integer"])"); return object.text("pattern", kSizePattern);
    case Form::share: object.raw("type", R"("string")"); return object.text("pattern", kSharePattern);
    case Form::list: object.raw("type", R"(["string","integer","array"])"); return object.raw("items", R"({"type":["string","integer"]})");
    case Form::mapping: object.raw("type", R"(["object","null"])"); return;
    case Form::any: return;
  }
}

void write_key(std::string& out, const Key& key) {
  Object object(out);
  write_form(object, key);
  if (!key.help.empty()) object.text("description", key.help);
  if (!key.fallback.empty()) object.text("default", key.fallback);
}

void write_branch(std::string& out, const Branch& branch, std::string_view title);

void write_required(Object& object, std::span<const Key> keys) {
  std::string names;
  for (const Key& key : keys) {
    if (!key.required) continue;
    names.append(names.empty() ? "[" : ",");
    append_json_string(names, key.name);
  }
  if (!names.empty()) object.raw("required", names + "]");
}

void write_properties(Object& object, const Branch& branch) {
  const std::span<const Key> keys = branch.section != nullptr ? branch.section->keys : std::span<const Key>();
  const Key* any = nullptr;
  {
    Object properties(object.member("properties"));
    for (const Key& key : keys) {
      if (key.name == "*") any = &key;
      if (key.name != "*" && !branch.children.contains(key.name)) write_key(properties.member(key.name), key);
    }
    for (const auto& [name, child] : branch.children) {
      if (name != "*") write_branch(properties.member(name), *child, {});
    }
  }
  const auto named = branch.children.find("*");
  std::string& rest = object.member("additionalProperties");
  if (named != branch.children.end()) {
    write_branch(rest, *named->second, {});
  } else if (any != nullptr) {
    write_key(rest, *any);
  } else {
    rest.append("false");
  }
  write_required(object, keys);
}

void write_branch(std::string& out, const Branch& branch, std::string_view title) {
  Object object(out);
  if (!title.empty()) {
    object.text("$schema", "http://json-schema.org/draft-07/schema#");
    object.text("title", title);
  }
  object.raw("type", title.empty() ? R"(["object","null"])" : R"("object")");
  if (branch.section != nullptr && !branch.section->help.empty()) object.text("description", branch.section->help);
  write_properties(object, branch);
}

}  // namespace

std::string json_schema(std::span<const Described> sections, std::string_view title) {
  std::string out;
  write_branch(out, tree(sections), title);
  return out;
}

}  // namespace meshgate::config
