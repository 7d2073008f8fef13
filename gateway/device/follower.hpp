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

/// Cuts a stream of bytes into pieces that end with a mark, and applies them. Logic apart from waiting: knows no socket.
class Cutter {
 public:
  /// `generation`: of the partition when the cursor that the stream was asked with was taken.
  Cutter(MirrorFile& file, Place& place, std::uint64_t generation, std::function<bool(const Applied&)> applied);

  /// False: the stream is to be left.
  bool take(std::string_view bytes);
  [[nodiscard]] const Outcome& outcome() const { return outcome_; }

 private:
  bool take_line(std::string_view line);
  bool apply(std::string_view piece);
  bool fail(Error error);

  MirrorFile& file_;
  Place& place_;
  std::function<bool(const Applied&)> applied_;
  LineParser parser_;
  std::string pending_;      ///< begins with the first line after the last mark
  std::size_t line_ = 0;     ///< where the first unfinished line begins
  std::size_t scanned_ = 0;  ///< no end of line between there and here
  std::uint64_t generation_;
  Outcome outcome_;
};

/// Reads /changes of a partition once: one page, or a stream for as long as `applied` says true. Blocks.
Outcome follow(net::HttpClient& client, const std::string& node, MirrorFile& file, Place& place, bool live,
               const std::function<bool(const Applied&)>& applied);

}  // namespace meshgate::device
