#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/keys.hpp"

namespace meshgate::ingest {

/// Missing items are asked for again by key so many at a time.
inline constexpr std::size_t kSweepBatch = 1000;

/// How many deletes that no source reported may be made without asking: those of a sweep are held when they are more than both.
struct Guard {
  std::uint64_t share = 1000;  ///< of the feed's items, in hundredths of a percent
  std::uint64_t count = 100;
  std::vector<std::string> kept = {};  ///< ids of items that no such delete removes, however few they are
  bool by_name = false;                ///< or what people and groups are called

  /// `content`: as the feed has it.
  [[nodiscard]] bool keeps(std::string_view id, std::string_view content) const;
};

/// A feed's guard where nothing is written: narrower for people and groups.
Guard usual_guard(std::string_view feed);

/// The keys under `feeds.<name>.guard`.
std::span<const config::Key> guard_keys();
Guard read_guard(const config::Node& guard, Guard usual, config::Secrets& secrets, config::Diagnostics& out);

/// A sweep about to delete what a complete scan did not show.
struct Sweep {
  std::uint64_t missing = 0;  ///< items the scan did not meet
  std::uint64_t seen = 0;     ///< items it met
  std::uint64_t items = 0;    ///< items the feed has
};

/// Whether the deletes must wait for an operator. A scan that finds nothing where the feed has items is held however few they are: it is
/// more often a wrong filter, a lost right or an empty replica than an emptied table.
bool holds(const Guard& guard, const Sweep& sweep);

/// Says how many are held and why, names some of them, and what to do.
std::string held_sentence(const Guard& guard, const Sweep& sweep, const std::string& feed, const std::vector<std::string>& some);

}  // namespace meshgate::ingest
