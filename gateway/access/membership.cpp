#include <algorithm>
#include <unordered_map>

#include "gateway/access/directory.hpp"

namespace meshgate::access {

namespace {

constexpr std::size_t kUsual = 64;  ///< somebody is seldom in more groups

}  // namespace

Reach::Reach(const Directory& directory, const Person& person) : directory_(directory), bits_((directory.groups().size() + 63) / 64) {
  met_.reserve(kUsual);
  meet(person.in.all());
}

void Reach::meet(std::span<const GroupNumber> groups) {
  for (const GroupNumber group : groups) {
    if (met(group)) continue;
    bits_[group / 64] |= std::uint64_t{1} << (group % 64);
    met_.push_back(group);
  }
}

void Reach::walk() { meet(directory_.around(met_[walked_++])); }

bool Reach::contains(const Group& group) {
  while (!met(group.number) && walked_ < met_.size()) walk();
  return met(group.number);
}

std::span<const GroupNumber> Reach::all() {
  while (walked_ < met_.size()) walk();
  return met_;
}

std::vector<const Group*> Directory::path(const Person& person, const Group& to) const {
  std::unordered_map<const Group*, const Group*> from;  // null: the person
  std::vector<const Group*> met;
  const auto meet = [&](std::span<const GroupNumber> groups, const Group* within) {
    for (const GroupNumber number : groups) {
      if (from.emplace(numbered_[number], within).second) met.push_back(numbered_[number]);
    }
  };
  meet(person.in.all(), nullptr);
  for (std::size_t next = 0; next < met.size() && !from.contains(&to); ++next) meet(around(met[next]->number), met[next]);
  std::vector<const Group*> out;
  if (!from.contains(&to)) return out;
  for (const Group* step = &to; step != nullptr; step = from.at(step)) out.push_back(step);
  std::ranges::reverse(out);
  return out;
}

}  // namespace meshgate::access
