#include "gateway/access/decisions.hpp"

#include <algorithm>

#include "mesh/reference.hpp"

namespace meshgate::access {

std::string group_named(const Rule& rule, std::string_view partition) {
  std::string out;
  out.reserve(rule.text.size() + partition.size() + rule.rest.size());
  out.append(rule.text);
  if (rule.by_partition) append_reference(out, partition);
  return out.append(rule.rest);
}

Reach& Asker::reach() {
  if (!reach_) reach_.emplace(directory_.reach(*person_));
  return *reach_;
}

bool Asker::fits(const Rule& rule) {
  if (rule.kind == Rule::Kind::everybody) return true;
  if (rule.kind == Rule::Kind::node) return !who_.node.empty() && who_.node == rule.text;
  if (person_ == nullptr) return false;
  switch (rule.kind) {
    case Rule::Kind::signed_in: return true;
    case Rule::Kind::group: return group_of(rule) != nullptr;
    case Rule::Kind::attribute: return has_attribute(rule);
    default: break;
  }
  const Reference* named = directory_.find(rule.text);
  return named != nullptr && named->person() == person_;
}

const Rule* Asker::first_of(const Rules& rules) {
  const auto found = std::ranges::find_if(rules, [this](const Rule& rule) { return fits(rule); });
  return found == rules.end() ? nullptr : &*found;
}

const Group* Asker::group_of(const Rule& rule) {
  if (rule.kind != Rule::Kind::group || person_ == nullptr) return nullptr;
  if (rule.by_partition && !partition_) return group_of_any_partition(rule);
  const Reference* named = directory_.find(rule.by_partition ? group_named(rule, *partition_) : rule.text);
  const Group* group = named == nullptr ? nullptr : named->group();
  return group != nullptr && reach().contains(*group) ? group : nullptr;
}

/// A group the person is in that some partition would make the rule name.
const Group* Asker::group_of_any_partition(const Rule& rule) {
  const auto could_be = [&](const Reference* called) {
    return called != nullptr && called->text.size() >= rule.text.size() + rule.rest.size() && called->text.starts_with(rule.text) && called->text.ends_with(rule.rest);
  };
  for (const GroupNumber number : reach().all()) {
    const Group* group = directory_.groups()[number];
    const auto named = [&](const Reference* called) { return could_be(called) && called->group() == group; };
    if (std::ranges::any_of(group->called, named)) return group;
  }
  return nullptr;
}

bool Asker::has_attribute(const Rule& rule) const {
  if (rule.attribute >= person_->attributes.size()) return false;
  const auto& values = person_->attributes[rule.attribute];
  if (!rule.by_partition) return std::ranges::find(values, rule.text) != values.end();
  if (!partition_) return !values.empty();
  return std::ranges::find(values, *partition_) != values.end();
}

}  // namespace meshgate::access
