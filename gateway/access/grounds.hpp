#pragma once

#include <chrono>
#include <optional>

#include "gateway/access/access.hpp"

namespace meshgate::access {

/// How old that is on which decisions rest, where it was heard from other nodes.
struct Grounds {
  std::optional<std::chrono::microseconds> age;  ///< nothing: nothing was heard from others
  bool stale = false;                            ///< too old to decide by: all that is not public is `unsure`
};

/// Beside Access, which nearly all who ask need alone.
class Grounded {
 public:
  virtual ~Grounded() = default;
  [[nodiscard]] virtual Grounds grounds() const = 0;
};

/// Of an Access that rests on nothing of others: nothing.
Grounds grounds_of(const Access& access);

}  // namespace meshgate::access
