// Any text as what a peer says of its rules and keys: what can be read is the same when it is written and read again.
#include <cstdint>
#include <string_view>

#include "gateway/access/charter.hpp"
#include "tests/fuzz/must.hpp"

using meshgate::fuzz::must;
using namespace meshgate::access;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto charter = parse_charter(text)) {
    const auto again = parse_charter(charter_text(*charter));
    must(again && *again == *charter, "a charter comes back");
    must(version_of(*again) == version_of(*charter), "and is called the same");
  }
  if (const auto statement = parse_statement(text)) {
    const auto again = parse_statement(statement_text(*statement));
    const bool same = again && again->as_of == statement->as_of && again->rules_as_of == statement->rules_as_of && again->charter == statement->charter;
    must(same, "a statement comes back");
  }
  return 0;
}
