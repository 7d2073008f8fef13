#pragma once

#include <string>

#include "gateway/federation/federation.hpp"

namespace meshgate::app {

/// What GET /admin/peers says: this node's own key, its peers and theirs, and to whose keys its feeds are bound. `running`: null where the node does not run. Blocks.
std::string known_nodes(const std::string& node, const federation::Options& options, const federation::Bindings& bindings, store::Store& store, const federation::Federation* running);

}  // namespace meshgate::app
