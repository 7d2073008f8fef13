#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/cursor.hpp"
#include "mesh/result.hpp"
#include "mesh/schema.hpp"
#include "mesh/time.hpp"

namespace meshgate {

/// A feed as a node describes it to its readers, in /feeds and /feeds/{feed}.
struct OfferedFeed {
  struct Part {
    std::string name;
    std::uint64_t count = 0;
    Cursor cursor;  ///< of who has all of it that the node has
  };
  std::string name;
  std::string uid;    ///< 32 hex digits
  Schema schema;
  bool divided = false;
  bool loading = false;
  Epoch epoch;  ///< none where it was not said
  Micros as_of{0};
  std::string from;  ///< what the node says that it has it from: a source, or one of its peers
  std::string state;  ///< and how that goes
  std::vector<Part> partitions;  ///< of an undivided feed the one named ""
  std::optional<Micros> rights;  ///< of when the node knows who may read it, where it has heard that from others; nothing: of now
};

/// The descriptions in a body of /feeds, or of /feeds/{feed}. Code::config: no node says such a thing.
Result<std::vector<OfferedFeed>> parse_feeds(std::string_view body);
Result<OfferedFeed> parse_feed(std::string_view body);

/// What a body that no node would send means.
Error not_a_node(const std::string& why);

}  // namespace meshgate
