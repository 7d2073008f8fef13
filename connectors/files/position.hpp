#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meshgate::files {

/// How far a scan has come, as the host stores it: one line of text.
///   1 scan <signature> <begun> <records> <inode> <offset> <line> <fingerprint> <file name>
///   1 rest <signature>                    a finished scan; signature 0: scan again whatever the folder shows
struct ScanPoint {
  bool resting = false;
  uint64_t signature = 0;    ///< of the folder when the scan began; 0: a file was so new that a change might not show
  int64_t begun_us = 0;      ///< when the scan began
  uint64_t records = 0;      ///< records met since
  uint64_t inode = 0;
  uint64_t offset = 0;       ///< of the next record in `file`
  uint64_t line = 1;
  uint64_t fingerprint = 0;  ///< of what was read of `file`
  std::string file;

  [[nodiscard]] std::string text() const;
  /// Nothing, when the text is not one of ours.
  static std::optional<ScanPoint> parse(std::string_view text);
};

}  // namespace meshgate::files
