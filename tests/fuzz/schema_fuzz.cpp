// Any bytes as a schema: what parses has one JSON form, which parses to the same schema.
#include <cstdint>
#include <string>
#include <string_view>

#include "mesh/schema.hpp"
#include "tests/fuzz/must.hpp"

using meshgate::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto schema = meshgate::parse_schema({reinterpret_cast<const char*>(data), size});
  if (!schema) return 0;
  std::string json;
  append_json(json, *schema);
  const auto again = meshgate::parse_schema(json);
  must(again.has_value(), "the JSON of a schema parses");
  must(again->version == schema->version && again->fields == schema->fields, "a schema comes back");
  return 0;
}
