#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/access/principal.hpp"

namespace meshgate::access {

/// What a principal may do with a partition at this moment.
enum class Sight : std::uint8_t {
  allowed,
  denied,
  unsure,  ///< the directory is not caught up: neither show nor take away, answer 503
};

/// What a principal may do with the node itself; each may do what the one before may.
enum class Role : std::uint8_t { none, viewer, operator_, administrator };

/// Why somebody sees something, or does not: the rule that decides, how the person comes to be meant by it, and since when.
struct Explanation {
  Sight sight = Sight::denied;
  std::string rule;               ///< as written, with its place in the file; empty: no rule lets them in
  std::vector<std::string> path;  ///< names, from the person through each group to the one the rule names
  std::string since;              ///< RFC 3339: when the newest link of that path came into being; empty: not known
  std::string note;               ///< a sentence, where one is needed: disabled, not in the directory, …
};

/// How old that is on which decisions rest, where it was heard from other nodes.
struct Grounds {
  std::optional<std::chrono::microseconds> age;  ///< nothing: nothing was heard from others
  bool stale = false;                            ///< too old to decide by: all that is not public is `unsure`
};

/// Who may see what, by the directory as it is now. Every call is thread safe, never blocks, and costs about a microsecond, but for explain(), and rights() of who is
/// in very many groups.
class Access {
 public:
  virtual ~Access() = default;
  [[nodiscard]] virtual Sight sight(const Principal& who, std::string_view feed, std::string_view partition) const = 0;
  /// Whether anything of a feed may be theirs: `denied` hides that it exists.
  [[nodiscard]] virtual Sight sight(const Principal& who, std::string_view feed) const = 0;
  /// Whether everybody may read all of a feed, signed in or not.
  [[nodiscard]] virtual bool open_to_all(std::string_view feed) const = 0;
  /// Nothing: the directory is not caught up.
  [[nodiscard]] virtual std::optional<Role> role(const Principal& who) const = 0;
  /// What decisions about a principal depend on, as a text: as long as it stays the same, so do they, but for what the partitions of a feed are called.
  /// Nothing: the directory is not caught up.
  [[nodiscard]] virtual std::optional<std::string> rights(const Principal& who) const = 0;
  [[nodiscard]] virtual Grounds grounds() const { return {}; }
  /// Of a person by name or anchor. May read the store.
  [[nodiscard]] virtual Explanation explain(std::string_view person, std::string_view feed, std::optional<std::string_view> partition) const = 0;
  /// Called, on any thread, after what somebody may see has changed; must not block. Ends when the returned object goes.
  [[nodiscard]] virtual std::shared_ptr<void> subscribe(std::function<void()> on_change) = 0;
};

}  // namespace meshgate::access
