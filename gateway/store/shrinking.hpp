#pragma once

#include <string>
#include <vector>

#include "gateway/store/transaction.hpp"

namespace meshgate::store {

/// Most entries that one write takes away.
inline constexpr std::size_t kShrinkStep = 10'000;

/// An entry of the log that goes.
struct Going {
  Seq seq{0};
  std::string id;
};

/// Up to `most` put and gone entries with seq <= through.
Result<std::vector<Going>> entries_through(const Engine& engine, const LogRange& range, Seq through, std::size_t most);

/// The same with seq > after.
Result<std::vector<Going>> entries_behind(const Engine& engine, const LogRange& range, Seq after, std::size_t most);

/// Takes an entry out of the log, out of count and digest of the copy, and out of `entry`, which the caller writes.
Status forget_entry(Transaction& out, const LogRange& range, Copy& copy, const Going& going, IndexEntry& entry);

/// The same of all these, with their entries in the index: an item that is in no partition any more is forgotten.
Status forget_all(Transaction& out, const Engine& engine, const LogRange& range, Copy& copy, const std::vector<Going>& list);

/// Replaces the trim line of a copy.
void put_trim(Transaction& out, const LogRange& range, Copy& copy, Seq seq, Seq through);

bool any_live(const IndexEntry& entry);

}  // namespace meshgate::store
