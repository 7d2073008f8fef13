// Any text read as any type: what parses has a canonical text and canonical JSON, and the canonical text is its own canonical text.
#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "mesh/json_text.hpp"
#include "mesh/value.hpp"
#include "tests/fuzz/must.hpp"

using meshgate::Exact;
using meshgate::Type;
using meshgate::fuzz::must;

namespace {

void canonical(Type type, std::string_view text) {
  std::string storage;
  const auto value = meshgate::parse_text(type, text, storage);
  if (!value) return;
  must(value->type == type && !value->null, "a parsed value has the type asked for");
  std::string once = "before";
  if (append_text(once, *value) != Exact::exact) {
    must(once == "before", "a value without exact text leaves the output as it was");
    return;
  }
  once.erase(0, 6);
  std::string again_storage;
  const auto again = meshgate::parse_text(type, once, again_storage);
  must(again.has_value(), "canonical text parses");
  std::string twice;
  must(append_text(twice, *again) == Exact::exact && twice == once, "canonical text is stable");
  std::string json = "[";
  must(append_json(json, *value) == Exact::exact, "what has a text has JSON");
  json += ']';
  std::string small;
  must(meshgate::append_minified(small, json) && small == json, "canonical JSON has no white space between tokens");
  // simdjson's tree refuses numbers beyond its own; integers of ours beyond 2^53 are strings, floats and JSON texts stay as they are.
  if (type == Type::float32 || type == Type::float64 || type == Type::json) return;
  simdjson::dom::parser parser;
  must(parser.parse(json).error() == simdjson::SUCCESS, "canonical JSON parses");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto type = static_cast<Type>(data[0] % 14);
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  canonical(type, text);
  if (type == Type::bytes || type == Type::uuid) {
    std::string out;
    const Exact verdict = append_json(out, meshgate::Value::of_text(type, text));
    must(verdict == Exact::exact || out.empty(), "a refused value leaves the output as it was");
  }
  return 0;
}
