#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace meshgate::ingest {

/// A sweep about to delete what a complete scan did not show.
struct Sweep {
  std::uint64_t seen = 0;   ///< items the scan met
  std::uint64_t items = 0;  ///< items the feed has
};

/// Whether inferred deletes must wait for an operator, and the sentence that says why; nothing: let them through. A scan that finds nothing
/// where the feed has items is more often a wrong filter, a lost right or an empty replica than an emptied table.
std::optional<std::string> hold(const Sweep& sweep, bool released);

}  // namespace meshgate::ingest
