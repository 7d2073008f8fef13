#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace meshgate::net {

/// A gzip member (RFC 1952) put together from pieces that were deflated apart from each other, and may stand in many members:
///
///     kGzipHead | piece | piece | … | gzip_tail(checksum of all pieces)
///
/// A piece is raw deflate (RFC 1951) that refers to nothing before it and ends on a byte, as after a full flush.

/// CRC-32 and length of what pieces hold, in their order.
struct GzipChecksum {
  std::uint32_t crc = 0;
  std::uint64_t bytes = 0;

  static GzipChecksum of(std::string_view bytes);
  /// Continues with what stands behind. Costs the same for any length.
  void append(const GzipChecksum& next);
};

inline constexpr std::string_view kGzipHead{"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10};

/// Appends the piece of these bytes. False: there is no memory; then nothing is appended.
[[nodiscard]] bool append_gzip_piece(std::string& out, std::string_view bytes);

std::string gzip_tail(const GzipChecksum& checksum);

}  // namespace meshgate::net
