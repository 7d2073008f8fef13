#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.hpp"

namespace meshgate::access {

/// One entry of a `read:` or a role: whom it lets in, and to which partitions.
struct Rule {
  enum class Kind : std::uint8_t {
    everybody,  ///< public
    signed_in,  ///< signed-in: whoever the directory has and has not disabled
    user,       ///< user:NAME
    group,      ///< group:NAME, group:NAME-{partition}
    node,       ///< node:SUBJECT, of a certificate
    attribute,  ///< principal.NAME == partition, principal.NAME == 'text'
  };
  Kind kind = Kind::everybody;
  bool by_partition = false;  ///< the partition stands in it: behind `text` for a group, in place of it for an attribute
  std::string text;           ///< user and group in their one form (reference.hpp), up to the partition; node and attribute as they must be
  std::string rest;           ///< of a group: what follows the partition
  std::size_t attribute = 0;  ///< which of those that rules name
  std::string written;
  config::Place place;

  /// Whether the directory is needed to decide it.
  [[nodiscard]] bool asks_directory() const { return kind != Kind::everybody && kind != Kind::node; }
};

using Rules = std::vector<Rule>;

/// One rule; nothing, and what is wrong with it in `out`, where it is none. An attribute that is new is added to `attributes`.
std::optional<Rule> read_rule(std::string_view text, const config::Place& place, std::vector<std::string>& attributes, config::Diagnostics& out);
std::optional<Rule> read_rule(const config::Node& entry, std::vector<std::string>& attributes, config::Diagnostics& out);
/// One rule or a list of them.
Rules read_rules(const config::Node& entries, std::vector<std::string>& attributes, config::Diagnostics& out);

}  // namespace meshgate::access
