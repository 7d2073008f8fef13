#pragma once

#include <array>
#include <cstdint>
#include <map>

namespace meshgate::store {

/// The items a scan has met, by item number: one bit each, in chunks that exist only where a bit is set (10 million items: about
/// 1.3 MB). Lives as long as the scan; not thread safe.
class Seen {
 public:
  void add(std::uint64_t item_number);
  [[nodiscard]] bool has(std::uint64_t item_number) const;
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  static constexpr std::uint64_t kChunkBits = 32768;
  using Chunk = std::array<std::uint64_t, kChunkBits / 64>;
  std::map<std::uint64_t, Chunk> chunks_;
  std::uint64_t count_ = 0;
};

}  // namespace meshgate::store
