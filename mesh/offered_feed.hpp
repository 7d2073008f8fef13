#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/result.hpp"
#include "mesh/schema.hpp"

namespace meshgate {

/// A feed as a node describes it to its readers, in /feeds and /feeds/{feed}.
struct OfferedFeed {
  struct Part {
    std::string name;
    std::uint64_t count = 0;
  };
  std::string name;
  std::string uid;    ///< 32 hex digits
  std::string epoch;  ///< the same; empty: none was said
  Schema schema;
  bool divided = false;
  bool loading = false;
  std::vector<Part> partitions;  ///< of an undivided feed the one named ""
};

/// The descriptions in a body of /feeds, or of /feeds/{feed}. Code::config: no node says such a thing.
Result<std::vector<OfferedFeed>> parse_feeds(std::string_view body);
Result<OfferedFeed> parse_feed(std::string_view body);

/// What a body that no node would send means.
Error not_a_node(const std::string& why);

}  // namespace meshgate
