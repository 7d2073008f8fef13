// Any text as what a node says of the nodes that it sees: what can be read can be shown, fits when it is said on, and comes back the same.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "mesh/seen_node.hpp"
#include "tests/fuzz/must.hpp"

using meshgate::fuzz::must;
using namespace meshgate;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto heard = parse_outlook({reinterpret_cast<const char*>(data), size});
  if (!heard) return 0;
  const std::string text = outlook_text(*heard);
  must(text.size() <= Outlook::kMostBytes, "what is said on fits");
  must(std::ranges::none_of(text.substr(0, text.size() - 1), [](char one) { return static_cast<unsigned char>(one) < 0x20; }), "and has no control characters");
  const auto again = parse_outlook(text);
  must(again.has_value(), "it can be read again");
  must(again->nodes.size() <= heard->nodes.size() && std::equal(again->nodes.begin(), again->nodes.end(), heard->nodes.begin(), [](const SeenNode& one, const SeenNode& other) { return one.node == other.node && one.key == other.key && one.over == other.over && one.age == other.age; }),
       "and its nodes are the same");
  must(outlook_text(*again) == outlook_text(*parse_outlook(outlook_text(*again))), "from then on it stays as it is");
  return 0;
}
