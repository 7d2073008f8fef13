#pragma once

#include <cstdint>
#include <string>

#include "gateway/serve/context.hpp"
#include "gateway/serve/visitor.hpp"

namespace meshgate::serve {

/// How an answer that is under way is to go on.
enum class Course : std::uint8_t {
  on,
  pause,  ///< the directory is not caught up: nothing is shown, and nothing taken away
  deny,   ///< the right was lost: say so, and end
  leave,  ///< the device was revoked: end, so that the reader has to sign in again
};

/// What an open answer may still show of one partition. Decides anew whenever who may see what has changed, else answers from memory. On one loop.
class OpenRight {
 public:
  /// Behind a decision that let the reader in, made at `version` or later.
  OpenRight(const Context& context, const Visitor& who, std::uint64_t version, std::string feed, std::string partition);

  [[nodiscard]] Course course();
  [[nodiscard]] bool on() { return course() == Course::on; }
  [[nodiscard]] const std::string& feed() const { return feed_; }
  [[nodiscard]] const std::string& partition() const { return partition_; }

 private:
  const Context& context_;
  const Visitor& who_;
  std::string feed_;
  std::string partition_;
  std::uint64_t decided_;  ///< the version of the rights
  Course course_ = Course::on;
};

}  // namespace meshgate::serve
