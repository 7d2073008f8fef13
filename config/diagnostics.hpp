#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace meshgate::config {

/// Where in a file something stands; line and column (in characters) count from 1, 0: the file as a whole.
struct Place {
  std::string file;
  std::size_t line = 0;
  std::size_t column = 0;

  /// "mesh.yaml:12:5", or "mesh.yaml".
  [[nodiscard]] std::string text() const;
};

enum class Severity : std::uint8_t {
  error,
  warning,  ///< said, but does not stop a start
};

/// One thing wrong: where, what, and what to do about it.
struct Diagnostic {
  Place place;
  std::string message;
  std::string hint;  ///< "did you mean 'table'?"; may be empty
  Severity severity = Severity::error;

  /// "mesh.yaml:12:5: unknown key 'tabel' (did you mean 'table'?)"; a warning has "warning: " before its message.
  [[nodiscard]] std::string text() const;
};

/// Everything wrong with a configuration, in file order once sorted; reported all at once.
class Diagnostics {
 public:
  void add(Place place, std::string message, std::string hint = {});
  void warn(Place place, std::string message, std::string hint = {});
  /// Whether nothing stands against a start: warnings do not count.
  [[nodiscard]] bool empty() const { return errors_ == 0; }
  /// Errors and warnings as they were added.
  [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }
  /// One line each, sorted by place.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<Diagnostic> all_;
  std::size_t errors_ = 0;
};

/// The candidate nearest to a misspelt word, or empty when none is near.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);
/// "did you mean 'table'?", or empty.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace meshgate::config
