#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/access/entries.hpp"
#include "gateway/access/group_numbers.hpp"
#include "mesh/time.hpp"

namespace meshgate::access {

struct Person;
struct Group;
class Directory;

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
  std::string_view text;  ///< lies in the directory
  std::vector<Claim<Person>> people;
  std::vector<Claim<Group>> groups;
  GroupNumbers mentioned_by;  ///< groups that have it as a member

  /// Whom it means: an anchor goes before a distinguished name, that before a name. Null: nobody, or more than one alike, and then neither.
  [[nodiscard]] const Person* person() const;
  [[nodiscard]] const Group* group() const;
};

struct Person {
  GroupNumbers in;  ///< groups that have them as a member, once for each text that says so
  bool disabled = false;
  std::string_view anchor;  ///< lies in the directory
  std::string name;
  Micros at{0};  ///< when the item last changed
  std::vector<std::vector<std::string>> attributes;
  std::array<Reference*, kWays> called{};  ///< by Called; null: not so
};

struct Group {
  GroupNumber number = 0;
  std::string_view anchor;  ///< lies in the directory
  std::string name;
  Micros at{0};
  std::array<Reference*, kWays> called{};
  std::vector<Reference*> members;  ///< sorted by address
};

/// The groups somebody is in, through any number of others: found as far as is asked for. Of a directory that stays as it is meanwhile.
class Reach {
 public:
  Reach(const Directory& directory, const Person& person);
  [[nodiscard]] bool contains(const Group& group);
  /// Those that are near come first.
  [[nodiscard]] std::span<const GroupNumber> all();

 private:
  void meet(std::span<const GroupNumber> groups);
  void walk();
  [[nodiscard]] bool met(GroupNumber group) const { return (bits_[group / 64] >> (group % 64) & 1U) != 0; }

  const Directory& directory_;
  std::vector<std::uint64_t> bits_;  ///< by number: whether it was met
  std::vector<GroupNumber> met_;
  std::size_t walked_ = 0;  ///< of these it is known what they are in
};

/// People, groups, and who is in which, as the feeds tell it: in any order, with members before their people, renames and circles. A change costs what
/// has changed. What somebody is a member of is noted with them; what through other groups is found when asked for. Not thread safe: beside each other
/// only what is const, and look_up().
class Directory {
 public:
  Directory();
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  void put_person(std::string_view anchor, PersonEntry entry, Micros at);
  void remove_person(std::string_view anchor);
  /// The members of a group, looked up, which changes nothing: what of them is not known yet stays a text.
  struct Members {
    std::vector<Reference*> known;
    std::vector<std::string> unknown;
  };
  [[nodiscard]] Members look_up(const std::vector<std::string>& members);
  /// `members` as look_up() gave them since the last change.
  void put_group(std::string_view anchor, const GroupEntry& entry, Members members, Micros at);
  void remove_group(std::string_view anchor);
  void clear_people();
  void clear_groups();

  [[nodiscard]] const Person* person(std::string_view anchor) const;
  /// Whom or what a text means that is written in its one form; null: nobody has or mentions it.
  [[nodiscard]] const Reference* find(std::string_view reference) const;
  [[nodiscard]] Reach reach(const Person& person) const { return {*this, person}; }
  /// From the first group the person is in to `to`, as few as possible; empty: they are not in it.
  [[nodiscard]] std::vector<const Group*> path(const Person& person, const Group& to) const;
  /// By number; null: free.
  [[nodiscard]] const std::vector<Group*>& groups() const { return numbered_; }
  /// The groups that have a group as a member, once for each text that says so.
  [[nodiscard]] std::span<const GroupNumber> around(GroupNumber group) const { return around_[group].all(); }
  [[nodiscard]] std::size_t people_count() const { return people_.size(); }
  [[nodiscard]] std::size_t group_count() const { return groups_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  template <class Who>
  using ByText = std::unordered_map<std::string, Who, Hash, std::equal_to<>>;

  Reference* mention(std::string_view text);
  void forget(Reference* reference);
  GroupNumbers* noted(const Reference& member);
  template <class Change>
  void change_claims(Reference& reference, Change change);
  template <class Who>
  void call(Who& who, Called as, std::string_view text);
  void set_members(Group& group, Members members);
  void remove(Person& person);
  void remove(Group& group);
  Group& new_group(std::string_view anchor);

  ByText<Reference> references_;
  ByText<Person> people_;  ///< by anchor, as groups
  ByText<Group> groups_;
  std::vector<Group*> numbered_;
  std::vector<GroupNumbers> around_;  ///< by number
  std::vector<GroupNumber> free_;
};

}  // namespace meshgate::access
