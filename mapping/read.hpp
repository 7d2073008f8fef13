#pragma once

#include "config/diagnostics.hpp"
#include "config/node.hpp"
#include "mapping/rules.hpp"

namespace meshgate::mapping {

/// The three parts of a definition, from YAML. Absent nodes leave the rules as they are.
void read_fields(const config::Node& node, Rules& rules, config::Diagnostics& out);
void read_id(const config::Node& node, Rules& rules, config::Diagnostics& out);
void read_partition(const config::Node& node, Rules& rules, config::Diagnostics& out);

}  // namespace meshgate::mapping
