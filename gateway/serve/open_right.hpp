#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gateway/serve/context.hpp"
#include "gateway/serve/visitor.hpp"

namespace meshgate::serve {

/// How an answer that is under way is to go on.
enum class Course : std::uint8_t {
  on,
  pause,  ///< the directory is not caught up: nothing is shown, and nothing taken away
  deny,   ///< the right was lost: say so, and end
  leave,  ///< the device was revoked, or what the reader may see has changed otherwise: end, so that it has to sign in or look again
};

/// What an open answer may still show of one partition. Decides anew whenever who may see what has changed, else answers from memory. On one loop.
class OpenRight {
 public:
  /// Behind a decision that let the reader in, made at `version` or later. `rights`: by which the reader knows what it may see; none: it does not ask.
  OpenRight(const Context& context, const Visitor& who, std::uint64_t version, std::string feed, std::string partition, std::optional<std::string> rights);

  [[nodiscard]] Course course();
  [[nodiscard]] bool on() { return course() == Course::on; }
  [[nodiscard]] const std::string& feed() const { return feed_; }
  [[nodiscard]] const std::string& partition() const { return partition_; }

 private:
  [[nodiscard]] bool same_rights() const;

  const Context& context_;
  const Visitor& who_;
  std::string feed_;
  std::string partition_;
  std::optional<std::string> rights_;
  std::uint64_t decided_;  ///< the version of the rights
  Course course_ = Course::on;
};

}  // namespace meshgate::serve
