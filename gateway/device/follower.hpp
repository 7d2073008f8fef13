#pragma once

#include <cstdint>
#include <functional>
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
    failed,
  };
  Kind kind = Kind::ended;
  Error error;
  std::chrono::seconds wait{0};
  std::uint64_t lines = 0;  ///< applied
  bool caught_up = false;   ///< the last mark said so, and the digest agreed
};

/// Reads /changes of a partition once: one page, or a stream for as long as `applied` says true. Blocks. The calling thread receives,
/// checks and splits; a thread of its own writes, and calls `applied`. At a caught-up mark the first waits for the second.
Outcome follow(net::HttpClient& client, const std::string& node, MirrorFile& file, Place& place, bool live,
               const std::function<bool(const Applied&)>& applied);

}  // namespace meshgate::device
