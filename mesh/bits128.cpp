#include "mesh/bits128.hpp"

namespace meshgate {

namespace {

constexpr char kHex[] = "0123456789abcdef";
constexpr unsigned char kNoDigit = 0x80;

/// What each character says; looked up, since hashes give a branch nothing to foretell.
constexpr std::array<unsigned char, 256> kDigits = [] {
  std::array<unsigned char, 256> out{};
  out.fill(kNoDigit);
  for (unsigned char i = 0; i < 16; ++i) out[static_cast<unsigned char>(kHex[i])] = i;
  return out;
}();

}  // namespace

std::array<unsigned char, 16> Bits128::bytes() const {
  std::array<unsigned char, 16> out{};
  for (unsigned i = 0; i < 8; ++i) {
    out[i] = static_cast<unsigned char>(hi >> (56U - 8U * i));
    out[8 + i] = static_cast<unsigned char>(lo >> (56U - 8U * i));
  }
  return out;
}

Bits128 Bits128::from_bytes(const unsigned char* sixteen) {
  Bits128 out;
  for (unsigned i = 0; i < 8; ++i) {
    out.hi = out.hi << 8U | sixteen[i];
    out.lo = out.lo << 8U | sixteen[8 + i];
  }
  return out;
}

std::string Bits128::hex() const {
  std::string out;
  out.reserve(32);
  append_hex(out);
  return out;
}

void Bits128::append_hex(std::string& out) const {
  char text[32];
  for (unsigned i = 0; i < 16; ++i) {
    text[i] = kHex[hi >> (60U - 4U * i) & 15U];
    text[16 + i] = kHex[lo >> (60U - 4U * i) & 15U];
  }
  out.append(text, sizeof text);
}

std::optional<Bits128> Bits128::from_hex(std::string_view text) {
  if (text.size() != 32) return std::nullopt;
  Bits128 out;
  unsigned seen = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    const unsigned high = kDigits[static_cast<unsigned char>(text[i])];
    const unsigned low = kDigits[static_cast<unsigned char>(text[16 + i])];
    out.hi = out.hi << 4U | high;
    out.lo = out.lo << 4U | low;
    seen |= high | low;
  }
  if ((seen & kNoDigit) != 0) return std::nullopt;
  return out;
}

}  // namespace meshgate
