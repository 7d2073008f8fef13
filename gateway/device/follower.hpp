#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/device/mirror_file.hpp"
#include "gateway/device/node.hpp"
#include "gateway/net/http_client.hpp"

namespace meshgate::device {

/// Why a read of a partition ended.
struct Outcome {
  enum class Kind : std::uint8_t {
    ended,     ///< the answer is over, or it was told to stop
    new_pass,  ///< 410: compared from 0 now
    mismatch,  ///< count or digest differ from the node's
    denied,    ///< not allowed any more: what was held was dropped
    failed,
  };
  Kind kind = Kind::ended;
  Error error;
  std::chrono::seconds wait{0};
  std::uint64_t lines = 0;  ///< applied
  bool caught_up = false;   ///< the last mark said so, and the digest agreed
  std::uint64_t dropped = 0;  ///< items, because the right was lost
  bool other_rights = false;  ///< than the reader knows of: it is time to look again for what it may read
};

/// How a partition is read.
struct Manner {
  bool live = false;                           ///< as a stream, which the node ends when the reader's rights are others
  std::string rights;                          ///< by which the reader knows what it may read; empty: the node does not say
  GoesOn goes_on;                              ///< asked while nothing comes that could be refused
  std::span<net::HttpClient* const> helpers{};  ///< not empty: a pass from 0 begins with the node's ranges, read by these at once; `client` may be one of them
};

/// Reads a partition once: its ranges where a pass has just begun, then /changes, one page, or a stream for as long as `applied` says true.
/// Blocks. Of /changes the calling thread receives, checks and splits; a thread of its own writes, and calls `applied`. At a caught-up mark
/// the first waits for the second. Of ranges the helpers do the one, the calling thread the other.
Outcome follow(net::HttpClient& client, const std::string& node, MirrorFile& file, Place& place, const Manner& manner,
               const std::function<bool(const Applied&)>& applied);

}  // namespace meshgate::device
