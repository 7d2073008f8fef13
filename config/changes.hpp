#pragma once

#include <string>
#include <vector>

#include "config/node.hpp"

namespace meshgate::config {

/// What differs between two configurations, as a person would name it: "node.listen", "feeds.orders"; the deeper is not told apart. In the order
/// of the newer file, then what is only in the older.
std::vector<std::string> changes(const Node& before, const Node& after);

}  // namespace meshgate::config
