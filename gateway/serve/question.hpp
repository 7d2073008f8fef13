#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "gateway/net/message.hpp"
#include "mesh/cursor.hpp"
#include "mesh/result.hpp"

namespace meshgate::serve {

enum class Live { none, poll, sse, stream };

/// What a reader of /changes asks for.
struct Question {
  static constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::uint64_t kMostEntries = 100000;

  std::string feed;
  std::optional<std::string> partition;
  Cursor after;
  std::uint64_t limit = kNoLimit;
  std::uint32_t schema = 0;  ///< the version the reader has; 0: none
  Live live = Live::none;
  std::chrono::seconds wait{25};
  std::optional<std::string> uid;  ///< of the feed of which the reader holds items
  std::optional<std::string> rights;  ///< by which the reader looked for what it may read: a live answer ends when they are others
};

/// Code::config names the parameter that is wrong. A Last-Event-ID beats `after` when live=sse.
Result<Question> parse_question(const net::Request& request);

}  // namespace meshgate::serve
