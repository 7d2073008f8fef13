// Any bytes as a configuration: never an exception, bounded, places within the text, and a tree or at least one fault.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/keys.hpp"
#include "config/node.hpp"
#include "tests/fuzz/must.hpp"

using meshgate::config::Diagnostics;
using meshgate::config::Form;
using meshgate::config::Key;
using meshgate::config::Node;
using meshgate::fuzz::must;

namespace {

constexpr Key kKeys[] = {
    {.name = "text", .required = true},      {.name = "count", .form = Form::integer, .least = -5, .most = 10},
    {.name = "live", .form = Form::boolean}, {.name = "every", .form = Form::duration, .fallback = "1s", .least = 10},
    {.name = "limit", .form = Form::size},   {.name = "share", .form = Form::share},   {.name = "list", .form = Form::list},
    {.name = "more", .form = Form::mapping}, {.name = "pwd", .secret = true},
};

std::size_t walk(const Node& node, std::size_t lines, std::size_t depth) {
  must(depth <= 64, "nesting is bounded");
  must(!node.present() || (node.place().line >= 1 && node.place().line <= lines && node.place().column >= 1),
       "a node has a place in the text");
  std::size_t count = 1;
  for (const Node& one : node.elements()) count += walk(one, lines, depth + 1);
  for (const Node::Entry& one : node.entries()) {
    must(node[one.key].present(), "an entry is found under its key");
    count += walk(one.value, lines, depth + 1);
  }
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Diagnostics out;
  const Node root = meshgate::config::parse_yaml(text, "f.yaml", out);
  must(root.present() || !out.empty(), "what gives no tree gives a fault");
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 2;
  must(walk(root, lines, 1) <= 200001, "the tree is bounded, aliases written out");
  // No reference is followed: a fuzzer must not read files.
  if (text.find("${") != std::string_view::npos) return 0;
  meshgate::config::Secrets secrets;
  const meshgate::config::Section section(root, kKeys, secrets, out);
  const std::int64_t count = section.has("count") ? section.integer("count") : 0;
  must(count >= -5 && count <= 10, "a value within its limits, or the default");
  must(section.duration("every").count() >= 10, "a duration within its limits, or the default");
  const std::string secret = section.text("pwd");
  if (secret.size() >= 4) must(secrets.redact("a " + secret + " b").find("***") != std::string::npos, "a secret is masked");
  must(out.all().empty() == out.text().empty(), "faults have a text");
  return 0;
}
