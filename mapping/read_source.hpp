#pragma once

#include <optional>

#include "config/diagnostics.hpp"
#include "config/node.hpp"
#include "mapping/rules.hpp"

namespace meshgate::mapping {

/// A bare word (a column) or a template; nothing after a diagnostic.
std::optional<Source> read_text_source(const config::Node& scalar, config::Diagnostics& out);

/// The same, or { column: …, cast: … } or { const: … }.
std::optional<Source> read_source(const config::Node& node, config::Diagnostics& out);

}  // namespace meshgate::mapping
