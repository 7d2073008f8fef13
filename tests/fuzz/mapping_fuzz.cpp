// Any YAML as a feed's rules over a fixed source: what compiles gives canonical JSON sorted by name, or a reason.
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/node.hpp"
#include "mapping/mapping.hpp"
#include "tests/fuzz/must.hpp"

using meshgate::Code;
using meshgate::Schema;
using meshgate::Type;
using meshgate::Value;
using meshgate::fuzz::must;
namespace config = meshgate::config;
namespace mapping = meshgate::mapping;

namespace {

Schema source() {
  Schema out;
  out.fields = {{"id", Type::int64, false, 1, {}},   {"a", Type::text, true, 0, {}}, {"b", Type::decimal, true, 0, {}},
                {"c", Type::timestamp, true, 0, {}}, {"d", Type::json, true, 0, {}}, {"e", Type::float64, true, 0, {}}};
  return out;
}

void check_content(const Schema& schema, const std::string& content) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  must(parser.parse(content).get(object) == simdjson::SUCCESS, "content is a JSON object");
  std::string before;
  bool first = true;
  for (const auto field : object) {
    const std::string name(field.key);
    must(first || before < name, "fields are sorted and unique");
    must(schema.find(name) != nullptr, "every field is in the schema");
    before = name;
    first = false;
  }
  for (const auto& field : schema.fields) {
    must(field.nullable || object.at_key(field.name).error() == simdjson::SUCCESS, "a field that is not nullable is there");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = std::min(text.find('\x1E'), text.size());  // after it: the text of column a
  config::Diagnostics out;
  const config::Node root = config::parse_yaml(text.substr(0, cut), "f.yaml", out);
  const auto definition = mapping::Definition::read(root["fields"], root["id"], root["partition"], out);
  must(definition.fingerprint() == mapping::Definition(definition).fingerprint(), "a fingerprint is stable");
  const auto made = mapping::Mapping::compile(definition, source(), {}, {}, out);
  if (!made) return 0;
  const std::string_view rest = text.substr(std::min(cut + 1, text.size()));
  std::array<Value, 6> values = {
      Value::of_int64(static_cast<std::int64_t>(size) - 100), Value::of_text(Type::text, rest),  Value::of_text(Type::decimal, "12.50"),
      Value::of_count(Type::timestamp, 86400000000),          Value::of_text(Type::json, "[1]"), Value::of_float64(0.5)};
  if (rest.empty()) values[1] = Value::none();
  meshgate::Record record;
  record.values = values;
  mapping::MappedItem item;
  const auto done = made->apply(record, item);
  must(!item.key.empty(), "the key can be read");
  std::vector<std::string> storage;
  must(made->key_values(item.key, storage).size() == 1, "a key can be taken apart again");
  if (!done) {
    must(done.error().code == Code::bad_record && !done.error().message.empty(), "a refused record has a reason");
    return 0;
  }
  must(!item.id.empty() && item.id.size() <= meshgate::kMaxIdBytes && !item.partitions.empty(), "an item has an id and a partition");
  check_content(made->schema(), item.content);
  return 0;
}
