#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mesh/ids.hpp"

namespace meshgate::store {

/// Numbers that stand for names in keys: never used twice.
enum class FeedNumber : std::uint32_t {};
enum class PartitionNumber : std::uint32_t {};
enum class StreamNumber : std::uint32_t {};
using Generation = std::uint32_t;

template <class Number>
constexpr std::uint32_t plain(Number number) {
  return static_cast<std::uint32_t>(number);
}

/// A place in the log: which copy of which partition.
struct LogRange {
  FeedNumber feed{};
  PartitionNumber partition{};
  Generation generation = 0;
};

/// Every key is documented with an example in FORMAT.md.
inline constexpr std::size_t kLogKeyBytes = 20;
void append_log_key(std::string& out, const LogRange& range, Seq seq);
Seq seq_of_log_key(std::string_view key);

/// Ids that are whole numbers (canonical, up to 19 digits) by value, then all others bytewise.
void append_ordered_id(std::string& out, std::string_view id);
std::string id_of_ordered(std::string_view ordered);

void append_index_key(std::string& out, FeedNumber feed, std::string_view id);
std::string_view ordered_of_index_key(std::string_view key);

std::string origin_key(FeedNumber feed, StreamNumber stream, std::string_view key);

/// Sorted by key, then stream.
std::string quarantine_key(FeedNumber feed, std::string_view key, StreamNumber stream);
/// Behind every entry of `key`.
std::string after_quarantine_key(FeedNumber feed, std::string_view key);
struct QuarantineName {
  std::string key;
  StreamNumber stream{};
};
QuarantineName name_of_quarantine_key(std::string_view key);

/// Keys in the meta family.
enum class Meta : char { next_feed = 'n', feed = 'f', progress = 'g', partition = 'p', stream = 's', position = 'q', time = 't', origin = 'o', birth = 'b' };
std::string meta_key(Meta kind);
std::string meta_key(Meta kind, FeedNumber feed);
std::string meta_key(Meta kind, FeedNumber feed, std::uint32_t part);
std::string time_key(FeedNumber feed, std::uint64_t micros);

/// The four bytes every key of a feed begins with outside the meta family, and the first key behind them.
std::string feed_prefix(FeedNumber feed);
std::string behind(std::string prefix);

}  // namespace meshgate::store
