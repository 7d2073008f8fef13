#include "gateway/access/directory.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "mesh/reference.hpp"

namespace meshgate::access {

namespace {

template <class Who>
Who* the_one(const std::vector<Reference::Claim<Who>>& claims) {
  const auto best = std::ranges::min_element(claims, {}, &Reference::Claim<Who>::as);
  if (best == claims.end()) return nullptr;
  const auto alike = std::ranges::count(claims, best->as, &Reference::Claim<Who>::as);
  return alike == 1 ? best->who : nullptr;
}

std::vector<Reference::Claim<Person>>& claims_of(Reference& reference, const Person&) { return reference.people; }
std::vector<Reference::Claim<Group>>& claims_of(Reference& reference, const Group&) { return reference.groups; }

}  // namespace

const Person* Reference::person() const { return the_one(people); }
const Group* Reference::group() const { return the_one(groups); }

Directory::Directory() = default;
Directory::~Directory() = default;

Reference* Directory::mention(std::string_view text) {
  if (const auto known = references_.find(text); known != references_.end()) return &known->second;
  const auto made = references_.try_emplace(std::string(text)).first;
  made->second.text = made->first;
  return &made->second;
}

void Directory::forget(Reference* reference) {
  if (reference->people.empty() && reference->groups.empty() && reference->mentioned_by.all().empty()) references_.erase(references_.find(reference->text));
}

/// Where it is noted what groups they are in whom a text means as a member; null: it means nobody and nothing.
GroupNumbers* Directory::noted(const Reference& member) {
  if (!member.people.empty()) {
    Person* person = the_one(member.people);
    return person == nullptr ? nullptr : &person->in;
  }
  const Group* group = the_one(member.groups);
  return group == nullptr ? nullptr : &around_[group->number];
}

/// Whom it means may be another behind `change`.
template <class Change>
void Directory::change_claims(Reference& reference, Change change) {
  GroupNumbers* before = noted(reference);
  change();
  GroupNumbers* after = noted(reference);
  if (before == after) return;
  for (const GroupNumber group : reference.mentioned_by.all()) {
    if (before != nullptr) before->strike(group);
    if (after != nullptr) after->add(group);
  }
}

/// From now on called so by this text only; by an empty one not at all.
template <class Who>
void Directory::call(Who& who, Called as, std::string_view text) {
  Reference*& now = who.called[static_cast<std::size_t>(as)];
  const std::string wanted = reference(text);
  if (now != nullptr && now->text == wanted) return;
  Reference* before = std::exchange(now, nullptr);
  if (before != nullptr) {
    change_claims(*before, [&] { std::erase_if(claims_of(*before, who), [&](const auto& claim) { return claim.who == &who && claim.as == as; }); });
    forget(before);
  }
  if (wanted.empty()) return;
  now = mention(wanted);
  change_claims(*now, [&] { claims_of(*now, who).push_back({as, &who}); });
}

void Directory::put_person(std::string_view anchor, PersonEntry entry, Micros at) {
  auto known = people_.find(anchor);
  if (known == people_.end()) known = people_.try_emplace(std::string(anchor)).first;
  Person& person = known->second;
  person.anchor = known->first;
  person.disabled = entry.disabled;
  person.at = at;
  person.attributes = std::move(entry.attributes);
  call(person, Called::anchor, anchor);
  call(person, Called::dn, entry.dn);
  call(person, Called::name, entry.name);
  person.name = std::move(entry.name);
}

void Directory::remove(Person& person) {
  for (const Called as : {Called::anchor, Called::dn, Called::name}) call(person, as, {});
}

void Directory::remove_person(std::string_view anchor) {
  const auto known = people_.find(anchor);
  if (known == people_.end()) return;
  remove(known->second);
  people_.erase(known);
}

Directory::Members Directory::look_up(const std::vector<std::string>& members) {
  Members out;
  std::string text;
  for (const auto& member : members) {
    text.clear();
    append_reference(text, member);
    if (text.empty()) continue;
    if (const auto known = references_.find(text); known != references_.end()) out.known.push_back(&known->second);
    else out.unknown.push_back(text);
  }
  return out;
}

Group& Directory::new_group(std::string_view anchor) {
  const auto made = groups_.try_emplace(std::string(anchor)).first;
  Group& group = made->second;
  group.anchor = made->first;
  if (free_.empty()) {
    free_.push_back(static_cast<GroupNumber>(numbered_.size()));
    numbered_.push_back(nullptr);
    around_.emplace_back();
  }
  group.number = free_.back();
  free_.pop_back();
  numbered_[group.number] = &group;
  return group;
}

void Directory::put_group(std::string_view anchor, const GroupEntry& entry, Members members, Micros at) {
  const auto known = groups_.find(anchor);
  Group& group = known != groups_.end() ? known->second : new_group(anchor);
  group.name = entry.name;
  group.at = at;
  // Before a text of its own goes that is also a member's.
  set_members(group, std::move(members));
  call(group, Called::anchor, anchor);
  call(group, Called::dn, entry.dn);
  call(group, Called::name, entry.name);
}

void Directory::set_members(Group& group, Members members) {
  std::vector<Reference*>& now = members.known;
  for (const auto& text : members.unknown) now.push_back(mention(text));
  std::ranges::sort(now);
  now.erase(std::unique(now.begin(), now.end()), now.end());
  std::vector<Reference*> left;
  std::vector<Reference*> came;
  std::ranges::set_difference(group.members, now, std::back_inserter(left));
  std::ranges::set_difference(now, group.members, std::back_inserter(came));
  for (Reference* member : came) {
    member->mentioned_by.add(group.number);
    if (auto* in = noted(*member)) in->add(group.number);
  }
  for (Reference* member : left) {
    member->mentioned_by.strike(group.number);
    if (auto* in = noted(*member)) in->strike(group.number);
    forget(member);
  }
  group.members = std::move(now);
}

void Directory::remove(Group& group) {
  set_members(group, {});
  for (const Called as : {Called::anchor, Called::dn, Called::name}) call(group, as, {});
  numbered_[group.number] = nullptr;
  free_.push_back(group.number);
}

void Directory::remove_group(std::string_view anchor) {
  const auto known = groups_.find(anchor);
  if (known == groups_.end()) return;
  remove(known->second);
  groups_.erase(known);
}

void Directory::clear_people() {
  for (auto& [anchor, person] : people_) remove(person);
  people_.clear();
}

void Directory::clear_groups() {
  for (auto& [anchor, group] : groups_) remove(group);
  groups_.clear();
}

const Person* Directory::person(std::string_view anchor) const {
  const auto known = people_.find(anchor);
  return known == people_.end() ? nullptr : &known->second;
}

const Reference* Directory::find(std::string_view reference) const {
  const auto known = references_.find(reference);
  return known == references_.end() ? nullptr : &known->second;
}

}  // namespace meshgate::access
