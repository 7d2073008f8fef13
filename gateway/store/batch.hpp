#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/item.hpp"
#include "mesh/record.hpp"
#include "mesh/time.hpp"

namespace meshgate::store {

/// What a feed's quarantine holds at most. A record that finds no room is counted, not kept; an entry that is there is always renewed.
inline constexpr std::uint64_t kMaxQuarantined = 10'000;                      ///< entries
inline constexpr std::uint64_t kMaxQuarantineBytes = std::uint64_t{16} << 20U;  ///< of their keys, reasons and raw forms
inline constexpr std::size_t kMaxReason = 1024;
inline constexpr std::size_t kMaxRaw = 4096;

/// What one stream's read brings to one feed; committed whole or not at all. Keeps its bytes in one arena: cheap to reuse.
class Batch {
 public:
  enum class Kind : std::uint8_t {
    put,         ///< the item as it is now, owned by (stream, key)
    remove,      ///< the source reports that the record of this key is gone
    sweep,       ///< the same, inferred: a complete scan did not show it and the source, asked again, does not have it
    quarantine,  ///< the record of this key could not be mapped: its item keeps its last good revision and counts as seen
    present,     ///< the source has the record of this key, and nothing else is known of it: its item counts as seen
  };
  struct Change {
    Kind kind = Kind::put;
    std::string_view key;                          ///< empty only for a quarantined record whose key could not be read
    std::string_view id;                           ///< put
    std::string_view content;                      ///< put
    ContentHash hash;                              ///< put
    std::span<const std::string_view> partitions;  ///< put; sorted, unique, at least one
    std::string_view reason;                       ///< quarantine; cut to kMaxReason
    std::string_view raw;                          ///< quarantine; cut to kMaxRaw
    bool late = false;                             ///< put
    Micros time{0};                                ///< put: the item's own; 0: it has none but when it came
  };

  /// A scan of the whole stream: when it began, and how many records it put into quarantine.
  struct Scanned {
    Micros since{0};
    std::uint64_t quarantined = 0;
  };

  /// Of a feed whose items expire: which of those that it does not have do not come in any more.
  struct Expired {
    Micros before{0};    ///< whose own time is earlier
    bool again = false;  ///< the batch may bring what has expired: also those whose own time is not behind all that their partition has let go
  };

  explicit Batch(std::string stream) : stream_(std::move(stream)) {}

  /// Hashes the content here, so that whoever fills the next batch does it while this one is being committed.
  void put(std::string_view key, std::string_view id, std::string_view content, std::span<const std::string> partitions);
  /// The item put last is one that an earlier read should have shown; counted where it changes something.
  void mark_late() { entries_.back().late = true; }
  /// The item put last has a time of its own. It counts in place of the moment of the commit, unless it is later.
  void set_time(Micros time) { entries_.back().time = time; }
  void remove(std::string_view key);
  void sweep(std::string_view key);
  void quarantine(std::string_view key, std::string_view reason, std::string_view raw);
  void present(std::string_view key);

  /// Stored in the same transaction.
  void set_position(Position position) { position_ = std::move(position); }
  void set_as_of(Micros at) { as_of_ = at; }
  void set_loading(bool loading) { loading_ = loading; }
  /// Text of a held sweep for operators ("4210 of 100000 items …"); empty: nothing is held any more.
  void set_held(std::string held) { held_ = std::move(held); }
  /// Quarantined records that such a scan did not meet again are forgotten: the source has them no more.
  void set_scanned(Scanned scanned) { scanned_ = scanned; }

  void set_expired(Expired expired) { expired_ = expired; }

  [[nodiscard]] const std::string& stream() const { return stream_; }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t bytes() const { return arena_.size(); }
  [[nodiscard]] Change change(std::size_t index, std::vector<std::string_view>& partitions) const;
  [[nodiscard]] const std::optional<Position>& position() const { return position_; }
  [[nodiscard]] const std::optional<Micros>& as_of() const { return as_of_; }
  [[nodiscard]] const std::optional<bool>& loading() const { return loading_; }
  [[nodiscard]] const std::optional<std::string>& held() const { return held_; }
  [[nodiscard]] const std::optional<Scanned>& scanned() const { return scanned_; }
  [[nodiscard]] const std::optional<Expired>& expired() const { return expired_; }

  /// Empty again; the memory stays.
  void clear();

 private:
  struct Piece {
    std::size_t at = 0;
    std::size_t size = 0;
  };
  struct Entry {
    Kind kind = Kind::put;
    Piece key;
    Piece id;       ///< or reason
    Piece content;  ///< or raw
    ContentHash hash;
    std::size_t first_partition = 0;
    std::size_t partition_count = 0;
    bool late = false;
    Micros time{0};
  };
  Piece keep(std::string_view text);
  Piece partition_piece(std::string_view name);
  [[nodiscard]] std::string_view view(Piece piece) const { return std::string_view(arena_).substr(piece.at, piece.size); }

  std::string stream_;
  std::string arena_;
  std::vector<Entry> entries_;
  std::vector<Piece> partitions_;
  std::optional<Position> position_;
  std::optional<Micros> as_of_;
  std::optional<bool> loading_;
  std::optional<std::string> held_;
  std::optional<Scanned> scanned_;
  std::optional<Expired> expired_;
};

}  // namespace meshgate::store
