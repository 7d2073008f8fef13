#include "gateway/store/packing.hpp"

namespace meshgate::store {

void append_u32(std::string& out, std::uint32_t value) {
  char bytes[4];
  for (unsigned i = 0; i < 4; ++i) bytes[i] = static_cast<char>(value >> (24U - 8U * i));
  out.append(bytes, sizeof bytes);
}

void append_u64(std::string& out, std::uint64_t value) {
  char bytes[8];
  for (unsigned i = 0; i < 8; ++i) bytes[i] = static_cast<char>(value >> (56U - 8U * i));
  out.append(bytes, sizeof bytes);
}

std::uint32_t read_u32(const char* at) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) value = value << 8U | static_cast<unsigned char>(at[i]);
  return value;
}

std::uint64_t read_u64(const char* at) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 8; ++i) value = value << 8U | static_cast<unsigned char>(at[i]);
  return value;
}

std::uint64_t Unpacker::number() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !in_.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in_.front());
    in_.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return value;
  }
  fine_ = false;
  in_ = {};
  return 0;
}

std::string_view Unpacker::text() {
  const std::uint64_t size = number();
  if (size > in_.size()) {
    fine_ = false;
    in_ = {};
    return {};
  }
  const std::string_view out = in_.substr(0, size);
  in_.remove_prefix(size);
  return out;
}

Bits128 Unpacker::bits() {
  if (in_.size() < 16) {
    fine_ = false;
    in_ = {};
    return {};
  }
  const auto out = Bits128::from_bytes(reinterpret_cast<const unsigned char*>(in_.data()));
  in_.remove_prefix(16);
  return out;
}

}  // namespace meshgate::store
