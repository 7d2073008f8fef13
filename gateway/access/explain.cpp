#include <algorithm>

#include "gateway/access/decisions.hpp"
#include "gateway/access/directory_access.hpp"
#include "mesh/reference.hpp"

namespace meshgate::access {

namespace {

std::string called(const std::string& name, std::string_view anchor) { return name.empty() ? std::string(anchor) : name; }

/// The rule that lets somebody in, the way to its group, and when the newest part of that way last changed.
void tell_way(const Directory& directory, const Rule& rule, Asker& asker, const Person& person, Explanation& out) {
  out.path.push_back(called(person.name, person.anchor));
  Micros since = person.at;
  if (const Group* group = asker.group_of(rule)) {
    for (const Group* step : directory.path(person, *group)) {
      out.path.push_back(called(step->name, step->anchor));
      since = std::max(since, step->at);
    }
  }
  out.since = utc_text(since);
}

std::string as_written(const Rules& rules) {
  std::string out;
  for (const Rule& rule : rules) out.append(out.empty() ? "" : ", ").append(rule.written);
  return out;
}

/// Why a rule that names a group names none.
std::string missing_group(const Directory& directory, const Rules& rules, std::optional<std::string_view> partition) {
  for (const Rule& rule : rules) {
    if (rule.kind != Rule::Kind::group || (rule.by_partition && !partition)) continue;
    const std::string name = group_named(rule, partition.value_or(""));
    const Reference* named = directory.find(name);
    if (named != nullptr && named->group() != nullptr) continue;
    const bool several = named != nullptr && named->groups.size() > 1;
    return several ? "; more than one group is called '" + name + "', so that none is meant" : "; there is no group '" + name + "'";
  }
  return {};
}

std::string why_not(const Directory& directory, const Rules& rules, const Person& person, std::optional<std::string_view> partition) {
  const std::string who = called(person.name, person.anchor);
  if (person.disabled) return who + " is disabled in the directory, since " + utc_text(person.at) + " at the latest";
  return who + " is not meant by any of: " + as_written(rules) + missing_group(directory, rules, partition);
}

}  // namespace

Explanation DirectoryAccess::explain(std::string_view text, std::string_view feed, std::optional<std::string_view> partition) const {
  Explanation out = explain_all(text, feed, partition);
  if (const auto age = grounds().age) out.note.append(out.note.empty() ? "" : "; ").append("as heard from other nodes, of " + utc_text({now().count - age->count()}));
  return out;
}

Explanation DirectoryAccess::explain_all(std::string_view text, std::string_view feed, std::optional<std::string_view> partition) const {
  const std::shared_lock lock(mutex_);
  const Rules& own = policy_.read(feed);
  const OfOrigin* origin = policy_.origin(feed);
  if (origin == nullptr && own.empty()) {
    return {.note = "no rule lets anybody read feed '" + std::string(feed) + "': it has no `read:`, and the node has none"};
  }
  if (origin == nullptr) return explain_by(own, text, partition);
  if (origin->awaited) return {.sight = Sight::unsure, .note = "its origin has not said yet who may read it: the node answers 503"};
  if (origin->rules.empty()) return {.note = "its origin lets nobody read feed '" + std::string(feed) + "' but nodes"};
  Explanation there = explain_by(origin->rules, text, partition);
  if (there.sight == Sight::denied || !policy_.says(feed)) return there;
  Explanation here = explain_by(own, text, partition);
  if (here.sight == Sight::allowed) return there;
  here.note.append(here.note.empty() ? "" : "; ").append("the origin would let them: " + there.rule);
  return here;
}

/// Of one set of rules, of which there is at least one. Under the lock.
Explanation DirectoryAccess::explain_by(const Rules& rules, std::string_view text, std::optional<std::string_view> partition) const {
  const std::string wanted = reference(text);
  Explanation out;
  const auto tell = [&](const Rule& rule) {
    out.sight = Sight::allowed;
    out.rule = rule.written + " (" + rule.place.text() + ")";
  };
  const Reference* named = directory_.find(wanted);
  const Person* exact = directory_.person(text);
  const Person* person = exact != nullptr || named == nullptr ? exact : named->person();
  const Principal who{person == nullptr ? std::string() : std::string(person->anchor), {}, {}};
  Asker asker(directory_, who, let_in(who), partition);
  const Rule* rule = asker.first_of(rules);
  if (rule != nullptr) tell(*rule);
  if (rule != nullptr && !rule->asks_directory()) {
    out.note = "everybody may read it";
  } else if (!known()) {
    out = {.sight = Sight::unsure, .note = stale_ ? "who may see what was heard too long ago (`node.access.stale`): the node answers 503 until it is heard again"
                                                  : "the directory is not read to its end yet, or cannot be read: the node answers 503"};
  } else if (person == nullptr) {
    out.note = "the directory has nobody, or more than one, who is called '" + std::string(text) + "'";
  } else if (rule != nullptr) {
    tell_way(directory_, *rule, asker, *person, out);
  } else {
    out.note = why_not(directory_, rules, *person, partition);
  }
  return out;
}

}  // namespace meshgate::access
