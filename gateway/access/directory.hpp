#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/access/entries.hpp"
#include "mesh/time.hpp"

namespace meshgate::access {

struct Person;
struct Group;

/// How somebody is called by a text. A text that people are called by never means a group as a member.
enum class Called : std::uint8_t { anchor, dn, name };
inline constexpr std::size_t kWays = 3;

/// A text, in its one form, by which people or groups are called, or that groups mention as a member.
struct Reference {
  template <class Who>
  struct Claim {
    Called as = Called::anchor;
    Who* who = nullptr;
  };
  std::string text;
  std::vector<Claim<Person>> people;
  std::vector<Claim<Group>> groups;
  std::vector<Group*> mentioned_by;  ///< groups that have it as a member

  /// Whom it means: an anchor goes before a distinguished name, that before a name. Null: nobody, or more than one alike, and then neither.
  [[nodiscard]] const Person* person() const;
  [[nodiscard]] const Group* group() const;
};

struct Person {
  std::string anchor;
  std::string name;
  bool disabled = false;
  Micros at{0};  ///< when the item last changed
  std::vector<std::vector<std::string>> attributes;
  std::array<Reference*, kWays> called{};  ///< by Called; null: not so
};

struct Group {
  std::string anchor;
  std::string name;
  Micros at{0};
  std::size_t number = 0;  ///< small, given again when the group has gone
  std::array<Reference*, kWays> called{};
  std::vector<Reference*> members;  ///< sorted by address
};

/// The groups somebody is in, through any number of others.
class Reach {
 public:
  explicit Reach(std::size_t groups = 0) : bits_((groups + 63) / 64) {}
  [[nodiscard]] bool contains(const Group& group) const {
    const std::size_t word = group.number / 64;
    return word < bits_.size() && (bits_[word] >> (group.number % 64) & 1U) != 0;
  }
  /// False: it was in already.
  bool add(const Group& group) {
    const bool is_new = !contains(group);
    bits_[group.number / 64] |= std::uint64_t{1} << (group.number % 64);
    return is_new;
  }

 private:
  std::vector<std::uint64_t> bits_;
};

/// People, groups, and who is in which, as the feeds tell it: in any order, with members before their people, renames and circles. A change costs what
/// has changed; who is in what through other groups is found when asked for. Not thread safe: beside each other only what is const.
class Directory {
 public:
  Directory();
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  void put_person(std::string_view anchor, PersonEntry entry, Micros at);
  void remove_person(std::string_view anchor);
  /// The members of a group, looked up: what of them is not known yet stays a text.
  struct Members {
    std::vector<Reference*> known;
    std::vector<std::string> unknown;
  };
  [[nodiscard]] Members look_up(const std::vector<std::string>& members) const;
  /// `members` as look_up() gave them since the last change.
  void put_group(std::string_view anchor, const GroupEntry& entry, Members members, Micros at);
  void remove_group(std::string_view anchor);
  void clear_people();
  void clear_groups();

  [[nodiscard]] const Person* person(std::string_view anchor) const;
  /// Whom or what a text means that is written in its one form; null: nobody has or mentions it.
  [[nodiscard]] const Reference* find(std::string_view reference) const;
  [[nodiscard]] Reach reach(const Person& person) const;
  /// From the first group the person is in to `to`, as few as possible; empty: they are not in it.
  [[nodiscard]] std::vector<const Group*> path(const Person& person, const Group& to) const;
  /// By number; null: free.
  [[nodiscard]] const std::vector<Group*>& groups() const { return numbered_; }
  [[nodiscard]] std::size_t people_count() const { return people_.size(); }
  [[nodiscard]] std::size_t group_count() const { return groups_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  template <class Who>
  using ByAnchor = std::unordered_map<std::string, std::unique_ptr<Who>, Hash, std::equal_to<>>;

  Reference* mention(std::string_view text);
  void forget(Reference* reference);
  template <class Who>
  void call(Who& who, Called as, std::string_view text);
  void set_members(Group& group, Members members);
  void remove(Person& person);
  void remove(Group& group);
  Group& new_group(std::string_view anchor);

  std::unordered_map<std::string_view, std::unique_ptr<Reference>> references_;  ///< each key lies in its value
  ByAnchor<Person> people_;
  ByAnchor<Group> groups_;
  std::vector<Group*> numbered_;
  std::vector<std::size_t> free_;
};

}  // namespace meshgate::access
