#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace meshgate::kafka {

/// How far one partition was read, and by what it is known again: the broker's library tells no topic id, so that a topic which was deleted and made anew
/// is found by the message before the next one being another.
struct Reached {
  std::int64_t next = 0;           ///< the offset that comes next
  std::int64_t last = -1;          ///< of the last message that was read; below 0: none
  std::uint64_t fingerprint = 0;   ///< of that message
  bool operator==(const Reached&) const = default;
};

/// A partition of a topic. Where a stream has only one topic, that is "".
struct Place {
  std::string topic;
  std::int32_t partition = 0;
  bool operator==(const Place&) const = default;
};
struct ByPlace {
  using is_transparent = void;
  using View = std::pair<std::string_view, std::int32_t>;
  static View view(const Place& place) { return {place.topic, place.partition}; }
  static View view(const View& place) { return place; }
  bool operator()(const auto& a, const auto& b) const { return view(a) < view(b); }
};

/// A column as it was announced, so that a reader that starts in the middle of a topic announces the same.
struct KnownColumn {
  std::string name;
  std::int32_t kind = 0;
  std::uint32_t key = 0;
  bool operator==(const KnownColumn&) const = default;
};

/// How far a topic was read, as the host stores it: lines of text.
///   1 scan 1790000000000 bWVzaGdhdGU          within a scan; when the end of the topic was last reached; the cluster
///   t clicks-eu                               the topic of what follows; none where there is only one
///   p 0 118 117 9ae16a3b2f90404f              partition, next, last, fingerprint
///   c 7 1 3 key                               kind, place in the key, length, name
struct Position {
  bool scanning = true;
  std::int64_t end_seen_ms = 0;  ///< by this machine's clock
  std::string cluster;
  std::map<Place, Reached, ByPlace> partitions;
  std::vector<KnownColumn> columns;

  [[nodiscard]] std::string text() const;
  /// Nothing, when the text is not one of ours.
  static std::optional<Position> parse(std::string_view text);
  bool operator==(const Position&) const = default;
};

/// FNV-1a over what is known of a message.
class Fingerprint {
 public:
  void add(std::string_view bytes);
  void add(std::int64_t number);
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

}  // namespace meshgate::kafka
