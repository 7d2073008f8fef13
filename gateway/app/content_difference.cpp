#include "gateway/app/content_difference.hpp"

#include <map>

#include "gateway/device/tokens.hpp"

namespace meshgate::app {

namespace {

/// The members of a canonical JSON object: names as texts, values as they are written.
std::map<std::string, std::string_view> members(std::string_view content) {
  std::map<std::string, std::string_view> out;
  for (std::size_t at = 1; at < content.size() && content[at] == '"';) {
    const std::size_t colon = device::token_end(content, at);
    std::string name;
    if (colon >= content.size() || !device::append_unescaped(name, content.substr(at, colon - at))) return {};
    const std::size_t end = device::token_end(content, colon + 1);
    if (end >= content.size()) return {};
    out.emplace(std::move(name), content.substr(colon + 1, end - colon - 1));
    at = end + 1;
  }
  return out;
}

}  // namespace

std::vector<FieldDifference> content_difference(std::string_view before, std::string_view after) {
  std::vector<FieldDifference> out;
  if (before.empty() || after.empty()) return out;
  const auto old_ones = members(before);
  auto new_ones = members(after);
  std::map<std::string, FieldDifference> by_name;
  for (const auto& [name, value] : old_ones) by_name[name] = {name, std::string(value), {}};
  for (const auto& [name, value] : new_ones) {
    auto& one = by_name[name];
    one.name = name;
    one.after = value;
  }
  for (auto& [name, one] : by_name) {
    if (one.before != one.after) out.push_back(std::move(one));
  }
  return out;
}

}  // namespace meshgate::app
