#include <algorithm>
#include <array>
#include <functional>

#include "gateway/access/decisions.hpp"
#include "gateway/access/directory_access.hpp"
#include "mesh/reference.hpp"

namespace meshgate::access {

namespace {

bool asks_directory(const Rule& rule) { return rule.asks_directory(); }

/// Of texts in their order.
class Print {
 public:
  void take(std::string_view text) {
    constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
    value_ = (value_ ^ std::hash<std::string_view>()(text)) * kOdd;
    value_ ^= value_ >> 32U;
  }
  /// What somebody is called by; of these, what means them and nobody else.
  template <class Means>
  void take_names(const std::array<Reference*, kWays>& called, Means means) {
    for (const Reference* one : called) take(one != nullptr && means(*one) ? one->text : std::string_view());
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
};

/// Of all that rules could ask about a person. The groups come in no order.
std::uint64_t print_of(const Directory& directory, const Person& person) {
  Print own;
  own.take_names(person.called, [&](const Reference& one) { return one.person() == &person; });
  for (const auto& values : person.attributes) {
    own.take({});
    for (const auto& value : values) own.take(value);
  }
  std::uint64_t out = own.value();
  Reach reach = directory.reach(person);
  for (const GroupNumber number : reach.all()) {
    const Group* group = directory.groups()[number];
    Print names;
    names.take_names(group->called, [&](const Reference& one) { return one.group() == group; });
    out += names.value();
  }
  return out;
}

}  // namespace

const Person* DirectoryAccess::let_in(const Principal& who) const {
  const Person* person = who.user.empty() ? nullptr : directory_.person(who.user);
  return person != nullptr && !person->disabled ? person : nullptr;
}

/// What does not depend on the directory is known whether it was read or not.
Sight DirectoryAccess::judge(const Rules& rules, const Principal& who, std::optional<std::string_view> partition) const {
  if (Asker(directory_, who, nullptr, partition).first_of(rules) != nullptr) return Sight::allowed;
  if (who.user.empty() || std::ranges::none_of(rules, asks_directory)) return Sight::denied;
  if (!known()) return Sight::unsure;
  return Asker(directory_, who, let_in(who), partition).first_of(rules) != nullptr ? Sight::allowed : Sight::denied;
}

/// Of a feed that follows a peer its origin's rules count; a `read` here lets nodes in, and for all others narrows what the origin allows.
Sight DirectoryAccess::decide(const Principal& who, std::string_view feed, std::optional<std::string_view> partition) const {
  const std::shared_lock lock(mutex_);
  const Rules& own = policy_.read(feed);
  const OfOrigin* origin = policy_.origin(feed);
  if (origin == nullptr) return judge(own, who, partition);
  Asker node(directory_, who, nullptr, partition);
  if (std::ranges::any_of(own, [&](const Rule& rule) { return rule.kind == Rule::Kind::node && node.fits(rule); })) return Sight::allowed;
  if (origin->awaited) return Sight::unsure;
  const Sight there = judge(origin->rules, who, partition);
  if (there == Sight::denied || !policy_.says(feed)) return there;
  const Sight here = judge(own, who, partition);
  return here == Sight::allowed ? there : here;
}

Sight DirectoryAccess::sight(const Principal& who, std::string_view feed, std::string_view partition) const { return decide(who, feed, partition); }
Sight DirectoryAccess::sight(const Principal& who, std::string_view feed) const { return decide(who, feed, std::nullopt); }

bool DirectoryAccess::open_to_all(std::string_view feed) const {
  const std::shared_lock lock(mutex_);
  const auto open = [](const Rules& rules) { return std::ranges::any_of(rules, [](const Rule& rule) { return rule.kind == Rule::Kind::everybody; }); };
  const OfOrigin* origin = policy_.origin(feed);
  if (origin == nullptr) return open(policy_.read(feed));
  return open(origin->rules) && (!policy_.says(feed) || open(policy_.read(feed)));
}

std::optional<Role> DirectoryAccess::role(const Principal& who) const {
  const std::shared_lock lock(mutex_);
  constexpr std::array kRoles = {Role::administrator, Role::operator_, Role::viewer};
  const auto first_of = [&](const Person* person) {
    Asker asker(directory_, who, person, std::nullopt);
    const auto held = std::ranges::find_if(kRoles, [&](Role role) { return asker.first_of(policy_.role(role)) != nullptr; });
    return held == kRoles.end() ? Role::none : *held;
  };
  const bool needs_directory = std::ranges::any_of(kRoles, [&](Role role) { return std::ranges::any_of(policy_.role(role), asks_directory); });
  if (who.user.empty() || !needs_directory) return first_of(nullptr);
  if (!known()) return std::nullopt;
  return first_of(let_in(who));
}

std::optional<std::string> DirectoryAccess::rights(const Principal& who) const {
  const std::shared_lock lock(mutex_);
  std::string out = policy_name_;
  if (who.user.empty()) return out;
  if (!known()) return std::nullopt;
  const Person* person = let_in(who);
  out += '.';
  if (person != nullptr) out += std::to_string(print_of(directory_, *person));
  return out;
}

Result<Account> DirectoryAccess::account(const Person* person, std::string_view text) const {
  if (!known()) return Error{Code::retry, "the directory is not read to its end yet; ask again in a moment"};
  if (person == nullptr) return Error{Code::not_found, "the directory has nobody, or more than one, who is called '" + std::string(text) + "'"};
  return Account{std::string(person->anchor), person->name, person->disabled};
}

Result<Account> DirectoryAccess::named(std::string_view login) const {
  const std::string wanted = reference(login);
  const std::shared_lock lock(mutex_);
  const Reference* called = directory_.find(wanted);
  const Person* person = nullptr;
  if (called != nullptr) {
    const auto by_name = [](const auto& claim) { return claim.as == Called::name; };
    const auto claim = std::ranges::find_if(called->people, by_name);
    if (std::ranges::count_if(called->people, by_name) == 1) person = claim->who;
  }
  return account(person, login);
}

Result<Account> DirectoryAccess::anchored(std::string_view anchor) const {
  const std::shared_lock lock(mutex_);
  if (!policy_.has_users()) return Error{Code::unsupported, "no feed `_users` says who there is"};
  return account(directory_.person(anchor), anchor);
}

}  // namespace meshgate::access
