#pragma once

#include <optional>
#include <string_view>

#include "mesh/lines.hpp"

namespace meshgate {

/// A put line (without its '\n') that is written as append_put() writes one: what nearly all lines are. Nothing: it is written in another way, or is none.
/// Borrows from the line. Whether the content is one JSON object is not looked at.
std::optional<PutLine> written_put(std::string_view line);

}  // namespace meshgate
