#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meshgate {

/// 128 bits: the body of hashes, digests, epochs and feed uids. Arithmetic is modulo 2^128.
struct Bits128 {
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;

  auto operator<=>(const Bits128&) const = default;
  [[nodiscard]] bool zero() const { return hi == 0 && lo == 0; }

  Bits128& operator+=(const Bits128& other) {
    const std::uint64_t sum = lo + other.lo;
    hi += other.hi + (sum < lo ? 1U : 0U);
    lo = sum;
    return *this;
  }
  Bits128& operator-=(const Bits128& other) {
    hi -= other.hi + (lo < other.lo ? 1U : 0U);
    lo -= other.lo;
    return *this;
  }

  /// Big-endian.
  [[nodiscard]] std::array<unsigned char, 16> bytes() const;
  static Bits128 from_bytes(const unsigned char* sixteen);

  /// 32 lower-case hex digits.
  [[nodiscard]] std::string hex() const;
  void append_hex(std::string& out) const;
  /// Exactly 32 lower-case hex digits, or nothing.
  static std::optional<Bits128> from_hex(std::string_view text);
};

}  // namespace meshgate
