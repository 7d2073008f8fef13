// Any bytes as a key text: what splits joins to the same text again. And any three texts as a key: they split to what went in.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "mesh/record.hpp"
#include "tests/fuzz/must.hpp"

using meshgate::Value;
using meshgate::fuzz::must;

namespace {

meshgate::Schema text_key(std::size_t width) {
  meshgate::Schema out;
  for (std::size_t i = 0; i < width; ++i) out.fields.push_back({"k" + std::to_string(i), meshgate::Type::text, false, static_cast<int>(i) + 1, ""});
  return out;
}

void split_and_join(std::string_view text) {
  const auto parts = meshgate::split_key(text, 3);
  if (parts.empty()) return;
  must(parts.size() == 3, "a key splits into as many parts as were asked for");
  std::array<Value, 3> values;
  for (std::size_t i = 0; i < 3; ++i) values[i] = Value::of_text(meshgate::Type::text, parts[i]);
  std::string joined;
  if (meshgate::append_key(joined, text_key(3), values)) must(joined == text, "a key has one text");
}

void join_and_split(std::string_view text) {
  const std::size_t third = text.size() / 3;
  const std::array<std::string_view, 3> parts = {text.substr(0, third), text.substr(third, third), text.substr(2 * third)};
  std::array<Value, 3> values;
  for (std::size_t i = 0; i < 3; ++i) values[i] = Value::of_text(meshgate::Type::text, parts[i]);
  std::string joined = "before";
  if (!meshgate::append_key(joined, text_key(3), values)) {
    must(joined == "before", "a refused key leaves the output as it was");
    return;
  }
  const auto again = meshgate::split_key(std::string_view(joined).substr(6), 3);
  must(again.size() == 3 && again[0] == parts[0] && again[1] == parts[1] && again[2] == parts[2], "a key's parts come back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  split_and_join(text);
  join_and_split(text);
  return 0;
}
