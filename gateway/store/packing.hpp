#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mesh/bits128.hpp"

namespace meshgate::store {

/// Big-endian numbers, so that keys sort by value.
void append_u32(std::string& out, std::uint32_t value);
void append_u64(std::string& out, std::uint64_t value);
std::uint32_t read_u32(const char* at);
std::uint64_t read_u64(const char* at);

/// Builds a value: numbers as LEB128 (7 bits per byte, lowest first), texts behind their size, 128-bit words big-endian.
class Packer {
 public:
  explicit Packer(std::string& out) : out_(out) {}
  Packer& number(std::uint64_t value) {
    while (value >= 0x80) {
      out_ += static_cast<char>(value | 0x80);
      value >>= 7U;
    }
    out_ += static_cast<char>(value);
    return *this;
  }
  Packer& text(std::string_view value) {
    number(value.size());
    out_.append(value);
    return *this;
  }
  Packer& bits(const Bits128& value) {
    const auto bytes = value.bytes();
    out_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return *this;
  }

 private:
  std::string& out_;
};

/// Reads what Packer wrote. After anything that does not fit, fine() is false and every read gives zero.
class Unpacker {
 public:
  explicit Unpacker(std::string_view in) : in_(in) {}
  std::uint64_t number();
  std::string_view text();
  Bits128 bits();
  [[nodiscard]] bool flag() { return number() != 0; }
  [[nodiscard]] bool fine() const { return fine_; }
  [[nodiscard]] bool end() const { return in_.empty(); }

 private:
  std::string_view in_;
  bool fine_ = true;
};

}  // namespace meshgate::store
