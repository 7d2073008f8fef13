#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics.hpp"
#include "config/node.hpp"

namespace meshgate::config {

/// Where ${env:…} and ${file:…} values come from, and what must never be printed. Not thread safe while it learns; redact() is
/// safe from many threads once nothing is added any more.
class Secrets {
 public:
  /// Replaces ${env:NAME} and ${file:PATH} (relative to the configuration's folder, one final newline taken off) and $${ by ${; what is
  /// missing goes to `out`. The result is remembered as a secret when it came from a file or the key is secret; a secret that
  /// stands in clear text is a warning.
  std::string expand(const Node& scalar, bool secret, Diagnostics& out);
  /// `text` with every remembered secret (4 or more bytes) replaced by "***": plain, percent-encoded, in braces with '}' doubled, with
  /// quotes doubled, or escaped with backslashes.
  [[nodiscard]] std::string redact(std::string text) const;
  void remember(std::string secret);

 private:
  std::string fetch(std::string_view reference, const Node& scalar, Diagnostics& out);

  std::vector<std::string> known_;  ///< longest first
};

}  // namespace meshgate::config
