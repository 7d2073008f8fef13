#include <algorithm>
#include <unordered_map>

#include "gateway/access/directory.hpp"

namespace meshgate::access {

namespace {

/// Calls `visit` with each group that has a person as a member.
template <class Visit>
void each_group_of(const Person& person, Visit visit) {
  for (const Reference* called : person.called) {
    if (called == nullptr || called->mentioned_by.empty() || called->person() != &person) continue;
    for (const Group* group : called->mentioned_by) visit(*group);
  }
}

/// The same of a group as a member. What people are called by means them.
template <class Visit>
void each_group_of(const Group& member, Visit visit) {
  for (const Reference* called : member.called) {
    if (called == nullptr || called->mentioned_by.empty() || !called->people.empty() || called->group() != &member) continue;
    for (const Group* group : called->mentioned_by) visit(*group);
  }
}

}  // namespace

Reach Directory::reach(const Person& person) const {
  Reach out(numbered_.size());
  std::vector<const Group*> open;
  const auto meet = [&](const Group& group) {
    if (out.add(group)) open.push_back(&group);
  };
  each_group_of(person, meet);
  while (!open.empty()) {
    const Group* group = open.back();
    open.pop_back();
    each_group_of(*group, meet);
  }
  return out;
}

std::vector<const Group*> Directory::path(const Person& person, const Group& to) const {
  std::unordered_map<const Group*, const Group*> from;  // null: the person
  std::vector<const Group*> met;
  const Group* within = nullptr;
  const auto meet = [&](const Group& group) {
    if (from.emplace(&group, within).second) met.push_back(&group);
  };
  each_group_of(person, meet);
  for (std::size_t next = 0; next < met.size() && !from.contains(&to); ++next) {
    within = met[next];
    each_group_of(*within, meet);
  }
  std::vector<const Group*> out;
  if (!from.contains(&to)) return out;
  for (const Group* step = &to; step != nullptr; step = from.at(step)) out.push_back(step);
  std::ranges::reverse(out);
  return out;
}

}  // namespace meshgate::access
