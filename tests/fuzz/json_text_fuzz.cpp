// Any bytes as a JSON text: what simdjson's tree takes is taken, the result parses to the same tree, and it is its own result.
#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "mesh/json_text.hpp"
#include "tests/fuzz/must.hpp"

using meshgate::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  simdjson::dom::parser parser(1U << 20U);
  simdjson::dom::element root;
  const bool valid = parser.allocate(size + 1, 500) == simdjson::SUCCESS && parser.parse(size == 0 ? reinterpret_cast<const std::uint8_t*>("") : data, size).get(root) == simdjson::SUCCESS;
  const std::string tree = valid ? simdjson::to_string(root) : std::string();

  std::string once = "before";
  if (!meshgate::append_minified(once, text)) {
    must(once == "before", "a refused text leaves the output as it was");
    must(!valid, "what simdjson takes is taken");
    return 0;
  }
  once.erase(0, 6);
  std::string twice;
  must(meshgate::append_minified(twice, once) && twice == once, "the result is its own result");
  if (!valid) return 0;  // a number beyond simdjson's range
  must(parser.parse(once).get(root) == simdjson::SUCCESS && simdjson::to_string(root) == tree, "the value is the same");
  return 0;
}
