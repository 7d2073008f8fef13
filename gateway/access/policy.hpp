#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "config/keys.hpp"
#include "gateway/access/access.hpp"
#include "gateway/access/charter.hpp"
#include "gateway/access/rules.hpp"

namespace meshgate::access {

/// What the origin of a feed says of who may read it, where the feed is followed from a peer. Rules that name nodes stay at home: which nodes may go on from here
/// is said here.
struct OfOrigin {
  bool awaited = false;  ///< it has not been heard yet
  Rules rules;
};

/// What the configuration says of who may read which feed, and who has which role. Immutable once read.
class Policy {
 public:
  /// Of a feed with no entry of its own that its family made, the family's; none: nobody.
  [[nodiscard]] const Rules& read(std::string_view feed) const;
  /// What counts beside the rules here; null: these alone.
  [[nodiscard]] const OfOrigin* origin(std::string_view feed) const;
  /// Whether a feed has a `read` of its own here: where an origin has its say, the node's counts for nothing.
  [[nodiscard]] bool says(std::string_view feed) const { return saying_.contains(feed); }
  /// The same, with what origins say. Rules that this version does not know let nobody in, and are told in `out`.
  [[nodiscard]] Policy with(const Said& origins, config::Diagnostics& out) const;
  [[nodiscard]] const Rules& role(Role role) const { return roles_[static_cast<std::size_t>(role)]; }
  /// Fields of people that rules ask for.
  [[nodiscard]] std::span<const std::string> attributes() const { return attributes_; }
  [[nodiscard]] bool has_users() const { return has_users_; }
  [[nodiscard]] bool has_groups() const { return has_groups_; }

 private:
  friend class PolicyReader;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  std::unordered_map<std::string, Rules, Hash, std::equal_to<>> feeds_;
  std::vector<std::pair<std::string, Rules>> families_;  ///< by what their feeds' names begin with
  std::unordered_map<std::string, OfOrigin, Hash, std::equal_to<>> origins_;
  std::unordered_set<std::string, Hash, std::equal_to<>> saying_;
  std::array<Rules, 4> roles_;                           ///< by Role
  std::vector<std::string> attributes_;
  bool has_users_ = false;
  bool has_groups_ = false;
};

/// The keys under `node` that say who may do what.
std::span<const config::Key> policy_keys();

/// Reads `read` of each feed, and `read` and `roles` of the node. What cannot be, such as a rule that names groups where no feed brings any, goes to `out`.
Policy read_policy(const config::Node& node, const config::Node& feeds, config::Secrets& secrets, config::Diagnostics& out);

}  // namespace meshgate::access
