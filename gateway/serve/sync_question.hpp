#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/cursor.hpp"
#include "mesh/result.hpp"

namespace meshgate::serve {

/// What a reader asks of POST /sync.
struct SyncQuestion {
  static constexpr std::size_t kMostFeeds = 1000;      ///< entries of `feeds`
  static constexpr std::size_t kMostCursors = 10000;   ///< of all entries together
  static constexpr std::uint32_t kMostPriority = 9;

  /// One entry: a partition, or all that the reader may see of a feed.
  struct Wish {
    std::string feed;
    std::optional<std::string> partition;
    std::map<std::string, Cursor, std::less<>> cursors;  ///< by partition; one that is not named begins at 0
    std::uint32_t schema = 0;                            ///< the version the reader has; 0: none
    std::uint32_t priority = 0;                          ///< the higher, the more turns
    std::optional<std::string> uid;                      ///< of the feed of which the reader holds items
  };

  bool live = false;
  std::vector<Wish> feeds;
};

/// Reads the body. Code::config names the place that is wrong, like feeds[3].after.
Result<SyncQuestion> parse_sync_question(std::string_view body);

}  // namespace meshgate::serve
