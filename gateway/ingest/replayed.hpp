#pragma once

#include <cstdint>
#include <string>

namespace meshgate::ingest {

/// What became of a quarantined record that was asked for again. The words are part of the HTTP contract.
enum class Fate : std::uint8_t {
  item,        ///< it is good now and became an item
  bad,         ///< it still cannot become one
  removed,     ///< the source does not have it any more: it is out of quarantine, and its item is gone if there was one
  held,        ///< the source does not have it any more, but that holds for more items than the guard lets through
  unreadable,  ///< it has no key to ask by: only a scan can clear it
  absent,      ///< it was not in quarantine: nothing was asked
};
const char* word(Fate fate);

struct Replayed {
  std::string key;
  Fate fate = Fate::absent;
  std::string reason;  ///< bad: why; held: how many
};

}  // namespace meshgate::ingest
