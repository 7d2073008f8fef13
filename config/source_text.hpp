#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics.hpp"

namespace meshgate::config {

/// Largest configuration that is read, in bytes.
inline constexpr std::size_t kMaxDocument = std::size_t{1} << 20U;
/// Longest line: the time that yaml-cpp needs for [ ] and { } grows with the square of a line's length.
inline constexpr std::size_t kMaxLine = 8192;

/// A document's text by lines: turns the parser's byte columns into places, and its messages into plain words.
class SourceText {
 public:
  SourceText(std::string_view text, const std::string& file);

  /// Line and byte column count from 0.
  [[nodiscard]] Place place(int line, int column) const;
  /// What no YAML parser should see: too large, lines too long, not UTF-8, control characters. False when there is such a thing.
  bool acceptable(Diagnostics& out) const;
  /// Whether the quote at this place, or behind an anchor or tag that begins there, is closed somewhere; true also where none stands.
  [[nodiscard]] bool quote_closed(int line, int column) const;
  /// A second document that the parser saw: one that was meant, or a line that does not fit.
  void explain_second(int line, int column, Diagnostics& out) const;
  /// A syntax error as a person would put it.
  void explain(int line, int column, std::string_view message, Diagnostics& out) const;

 private:
  [[nodiscard]] std::string_view line(std::size_t index) const;
  bool explain_indentation(std::size_t near, Diagnostics& out) const;

  std::string_view text_;
  std::string file_;
  std::vector<std::size_t> starts_;
};

}  // namespace meshgate::config
