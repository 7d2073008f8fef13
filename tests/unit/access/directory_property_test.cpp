#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "gateway/access/directory.hpp"

namespace meshgate::access {
namespace {

using Texts = std::vector<std::string>;

/// Who is in what, by asking everybody about everything.
struct Model {
  std::map<std::string, PersonEntry> people;
  std::map<std::string, GroupEntry> groups;

  template <class Entries>
  static Texts meant(const Entries& entries, const std::string& text) {
    for (const int way : {0, 1, 2}) {
      Texts out;
      for (const auto& [anchor, entry] : entries) {
        if ((way == 0 && anchor == text) || (way == 1 && entry.dn == text) || (way == 2 && entry.name == text)) out.push_back(anchor);
      }
      if (!out.empty()) return out;
    }
    return {};
  }

  [[nodiscard]] bool is_person(const std::string& text, const std::string& anchor) const { return meant(people, text) == Texts{anchor}; }
  [[nodiscard]] bool is_group(const std::string& text, const std::string& anchor) const { return meant(people, text).empty() && meant(groups, text) == Texts{anchor}; }

  [[nodiscard]] std::set<std::string> groups_of(const std::string& person) const {
    std::set<std::string> out;
    for (bool grew = true; grew;) {
      grew = false;
      for (const auto& [anchor, group] : groups) {
        for (const auto& member : group.members) {
          bool in = is_person(member, person);
          for (const auto& inner : out) in = in || is_group(member, inner);
          if (in) grew = out.insert(anchor).second || grew;
        }
      }
    }
    return out;
  }

  /// Every decision there is, in one text.
  [[nodiscard]] std::string decisions() const {
    std::string out;
    for (const auto& [person, entry] : people) {
      out += person + ":";
      for (const auto& group : groups_of(person)) out += " " + group;
      out += "\n";
    }
    return out;
  }
};

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {}

  void step() {
    const std::size_t what = pick(20);
    if (what < 7) put_person();
    else if (what < 15) put_group();
    else if (what < 17) remove_person();
    else if (what < 19) remove_group();
    else if (pick(8) == 0) forget();
  }

  [[nodiscard]] std::string decisions() const {
    std::string out;
    for (const auto& [anchor, entry] : model_.people) {
      const Person& person = *directory_.person(anchor);
      Reach reach = directory_.reach(person);
      std::set<std::string> in;
      std::set<std::string> all;
      Reach whole = directory_.reach(person);
      for (const GroupNumber number : whole.all()) all.emplace(directory_.groups()[number]->anchor);
      for (const Group* group : directory_.groups()) {
        if (group == nullptr) continue;
        if (reach.contains(*group)) in.emplace(group->anchor);
        EXPECT_EQ(reach.contains(*group), !directory_.path(person, *group).empty());
      }
      EXPECT_EQ(in, all);
      out += anchor + ":";
      for (const auto& group : in) out += " " + group;
      out += "\n";
    }
    return out;
  }
  [[nodiscard]] const Model& model() const { return model_; }

 private:
  std::size_t pick(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }
  /// Few texts, so that people and groups collide, are members before they come, and are each other's names.
  std::string text() {
    const std::string number = std::to_string(pick(9));
    static constexpr std::array kKinds = {"u", "g", "name", "uid=", "cn=", "x"};
    return kKinds[pick(kKinds.size())] + number;
  }
  std::string or_none(std::string text) { return pick(4) == 0 ? std::string() : text; }

  void put_person() {
    const std::string anchor = "u" + std::to_string(pick(9));
    const PersonEntry entry{.name = or_none(text()), .dn = or_none("uid=" + std::to_string(pick(9))), .disabled = false};
    model_.people[anchor] = entry;
    directory_.put_person(anchor, entry, {});
  }
  void put_group() {
    const std::string anchor = "g" + std::to_string(pick(9));
    GroupEntry entry{.name = or_none(text()), .dn = or_none("cn=" + std::to_string(pick(9)))};
    for (std::size_t i = pick(5); i > 0; --i) entry.members.push_back(text());
    model_.groups[anchor] = entry;
    directory_.put_group(anchor, entry, directory_.look_up(entry.members), {});
  }
  void remove_person() {
    const std::string anchor = "u" + std::to_string(pick(9));
    model_.people.erase(anchor);
    directory_.remove_person(anchor);
  }
  void remove_group() {
    const std::string anchor = "g" + std::to_string(pick(9));
    model_.groups.erase(anchor);
    directory_.remove_group(anchor);
  }
  void forget() {
    if (pick(2) == 0) model_.people.clear(), directory_.clear_people();
    else model_.groups.clear(), directory_.clear_groups();
  }

  std::mt19937_64 random_;
  Model model_;
  Directory directory_;
};

TEST(DirectoryProperty, EveryDecisionIsTheOneOfTheModelAtEachStep) {
  const char* given = std::getenv("MESHGATE_TEST_SEED");
  const std::uint64_t first = given == nullptr ? std::random_device()() : std::strtoull(given, nullptr, 10);
  constexpr std::uint64_t kRuns = 8;
  constexpr std::size_t kSteps = 150;
  for (std::uint64_t seed = first; seed < first + kRuns; ++seed) {
    World world(seed);
    for (std::size_t i = 0; i < kSteps; ++i) {
      world.step();
      ASSERT_EQ(world.decisions(), world.model().decisions()) << "MESHGATE_TEST_SEED=" << seed << " step " << i;
    }
  }
}

}  // namespace
}  // namespace meshgate::access
