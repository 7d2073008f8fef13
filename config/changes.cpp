#include "config/changes.hpp"

#include <algorithm>

namespace meshgate::config {

namespace {

constexpr int kDepth = 2;

bool same(const Node& a, const Node& b) {
  if (a.kind() != b.kind() || a.scalar() != b.scalar() || a.quoted() != b.quoted()) return false;
  if (a.kind() == Node::Kind::sequence) return std::equal(a.elements().begin(), a.elements().end(), b.elements().begin(), b.elements().end(), same);
  if (a.kind() != Node::Kind::mapping) return true;
  return a.entries().size() == b.entries().size() &&
         std::all_of(a.entries().begin(), a.entries().end(), [&](const Node::Entry& one) { return same(one.value, b[one.key]); });
}

void compare(const Node& before, const Node& after, const std::string& path, int depth, std::vector<std::string>& out) {
  if (same(before, after)) return;
  const bool mappings = before.kind() == Node::Kind::mapping && after.kind() == Node::Kind::mapping;
  if (depth == kDepth || (depth > 0 && !mappings)) return out.push_back(path);
  const std::string prefix = path.empty() ? path : path + ".";
  for (const auto& one : after.entries()) compare(before[one.key], one.value, prefix + one.key, depth + 1, out);
  for (const auto& one : before.entries()) {
    if (!after[one.key].present()) out.push_back(prefix + one.key);
  }
}

}  // namespace

std::vector<std::string> changes(const Node& before, const Node& after) {
  std::vector<std::string> out;
  compare(before, after, {}, 0, out);
  return out;
}

}  // namespace meshgate::config
