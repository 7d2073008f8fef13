#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/net/refusal.hpp"

namespace meshgate::net {

/// What bytes that come as zstd say, piece by piece. Holds at most 8 MiB.
class Unpacker {
 public:
  Unpacker();
  ~Unpacker();
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;

  /// Takes bytes off the front of `packed` and appends what they say to `out`, at most `most`: what is left over is for the next call. Refused: it is no zstd.
  Refused add(std::string_view& packed, std::size_t most, std::string& out);
  /// There is more to come of what was taken already.
  [[nodiscard]] bool full() const { return full_; }
  /// Nothing is missing of what was begun.
  [[nodiscard]] bool whole() const { return whole_; }

 private:
  struct State;
  std::unique_ptr<State> state_;
  bool full_ = false;
  bool whole_ = false;
};

/// What a body that came as zstd says. Refused: 400, it is none or breaks off; 413, it would be longer than `most`, whatever it says of its length.
Refused unpack(std::string_view packed, std::size_t most, std::string& out);

/// Of a body that breaks off, or is none.
Refusal not_zstd();

}  // namespace meshgate::net
