#pragma once

#include <optional>
#include <string_view>

#include "gateway/store/feed.hpp"

namespace meshgate::store {

/// Lets go of all that a replica holds of a partition (nothing: of the feed), whole copies and begun ones: as if it had never been followed. `replica`
/// is of a Store. Blocks until that is durable.
[[nodiscard]] Status forget(Feed& replica, std::optional<std::string_view> partition);

}  // namespace meshgate::store
