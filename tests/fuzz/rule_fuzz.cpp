// Any bytes as a rule of who may read: a rule or one fault with a hint, and what is written of it is what was read.
#include <cstdint>
#include <string>
#include <string_view>

#include "mesh/reference.hpp"
#include "gateway/access/rules.hpp"
#include "tests/fuzz/must.hpp"

using meshgate::reference;
using meshgate::fuzz::must;
using namespace meshgate::access;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string once = reference(text);
  must(reference(once) == once, "the one form of a text is its own");

  meshgate::config::Diagnostics out;
  const auto entry = meshgate::config::parse_yaml(text, "f.yaml", out);
  const std::size_t faults = out.all().size();
  std::vector<std::string> attributes;
  const auto rule = read_rule(entry, attributes, out);
  must(rule.has_value() == (out.all().size() == faults), "a rule, or a fault");
  if (!rule) {
    must(!out.all().back().hint.empty(), "a fault says what to write");
    return 0;
  }
  must(entry.scalar().find(rule->written) != std::string::npos, "a rule says what was written");
  must(rule->kind != Rule::Kind::attribute || rule->attribute < attributes.size(), "an attribute has a place");
  must(rule->kind == Rule::Kind::group || rule->rest.empty(), "only a group's name goes on behind the partition");
  return 0;
}
