#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meshgate::ldap {

/// How the directory is read.
enum class Capture : std::uint8_t {
  sync,  ///< the server tells what changes (RFC 4533)
  poll,  ///< entries by the time of their last change, and now and then all keys
  scan   ///< everything, each time
};
std::string_view word(Capture capture);
std::optional<Capture> capture_of(std::string_view word);

/// What was shown since a search began, so that the same search can be taken up where it was, or be known for another one.
struct Trail {
  std::uint64_t count = 0;
  std::uint64_t hash = 0xcbf29ce484222325U;  ///< FNV-1a of everything shown

  void add(std::string_view text);
  bool operator==(const Trail&) const = default;
};

/// How far a stream was read, as the host stores it: one line of text, then the mark as it is.
///   1 sync follow <count> <hash> <scanned> <mark>
///   1 poll scan 500 9ae16a3b2f90404f 0 20260105101509Z
struct Position {
  Capture capture = Capture::sync;
  bool scanning = false;       ///< within a scan of everything
  Trail trail;                 ///< within a search; at its beginning: nothing shown
  std::int64_t scanned_s = 0;  ///< when the last scan of everything began, in seconds since 1970
  std::string mark;            ///< sync: the server's cookie from before this scan, empty in the first one; poll: what has changed since then is still to be read

  [[nodiscard]] std::string text() const;
  /// Nothing, when the text is not one of ours.
  static std::optional<Position> parse(std::string_view text);
};

}  // namespace meshgate::ldap
