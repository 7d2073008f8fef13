#include "mesh/bits128.hpp"

namespace meshgate {

namespace {

constexpr char kHex[] = "0123456789abcdef";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

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
  for (std::size_t i = 0; i < 32; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return std::nullopt;
    auto& half = i < 16 ? out.hi : out.lo;
    half = half << 4U | static_cast<unsigned>(digit);
  }
  return out;
}

}  // namespace meshgate
