#include "gateway/store/seen.hpp"

namespace meshgate::store {

void Seen::add(std::uint64_t item_number) {
  auto& word = chunks_.try_emplace(item_number / kChunkBits).first->second[item_number % kChunkBits / 64];
  const std::uint64_t bit = std::uint64_t{1} << (item_number % 64);
  if ((word & bit) == 0) ++count_;
  word |= bit;
}

bool Seen::has(std::uint64_t item_number) const {
  const auto chunk = chunks_.find(item_number / kChunkBits);
  if (chunk == chunks_.end()) return false;
  return (chunk->second[item_number % kChunkBits / 64] >> (item_number % 64) & 1U) != 0;
}

}  // namespace meshgate::store
