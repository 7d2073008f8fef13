#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace meshgate::odbc {

/// Exactly those ids that were put in, kept as ranges of neighbours. What lies between two ranges is not in it: an id that is missing may belong
/// to a transaction that is still to be committed.
class IdSet {
 public:
  void add(std::int64_t id) { add(id, id); }
  void add(std::int64_t first, std::int64_t last);
  void remove(std::int64_t first, std::int64_t last);
  void remove(const IdSet& others);
  /// Leaves only what the other one has too.
  void keep(const IdSet& others);
  /// At most so many ranges: the longest stay, as they would cost most to be read again.
  void limit(std::size_t ranges);

  [[nodiscard]] bool contains(std::int64_t id) const;
  [[nodiscard]] bool empty() const { return ranges_.empty(); }
  [[nodiscard]] std::uint64_t size() const;
  [[nodiscard]] const std::map<std::int64_t, std::int64_t>& ranges() const { return ranges_; }  ///< first and last

  /// "3-5,9"; the empty set is the empty text.
  [[nodiscard]] std::string text() const;
  static std::optional<IdSet> parse(std::string_view text);

  bool operator==(const IdSet&) const = default;

 private:
  std::map<std::int64_t, std::int64_t> ranges_;
};

}  // namespace meshgate::odbc
