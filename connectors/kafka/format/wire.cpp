#include "connectors/kafka/format/wire.hpp"

namespace meshgate::kafka::format {

const char* split_frame(std::string_view bytes, Framed& out) {
  constexpr size_t kHead = 5;
  if (bytes.empty()) return "no bytes: not the wire format of a schema registry";
  if (bytes[0] != 0) return "the first byte is not 0: not the wire format of a schema registry";
  if (bytes.size() < kHead) return "shorter than the 5 bytes of the wire format of a schema registry";
  out.schema = 0;
  for (size_t i = 1; i < kHead; ++i) out.schema = out.schema << 8U | static_cast<unsigned char>(bytes[i]);
  out.payload = bytes.substr(kHead);
  return nullptr;
}

const char* take_message_path(std::string_view& payload, std::vector<int32_t>& path) {
  constexpr int64_t kDeepest = 32;
  constexpr int64_t kMostMessages = 100'000;
  constexpr const char* kBroken = "the list of message indexes is broken";
  path.clear();
  uint64_t stored = 0;
  if (!take_varint(payload, stored)) return kBroken;
  const int64_t count = unzigzag(stored);
  if (count < 0 || count > kDeepest) return kBroken;
  if (count == 0) path.push_back(0);
  for (int64_t i = 0; i < count; ++i) {
    if (!take_varint(payload, stored)) return kBroken;
    const int64_t index = unzigzag(stored);
    if (index < 0 || index > kMostMessages) return kBroken;
    path.push_back(static_cast<int32_t>(index));
  }
  return nullptr;
}

bool take_varint(std::string_view& bytes, uint64_t& out) {
  constexpr size_t kLongest = 10;
  out = 0;
  for (size_t i = 0; i < bytes.size() && i < kLongest; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (i == kLongest - 1 && byte > 1) return false;
    out |= static_cast<uint64_t>(byte & 0x7FU) << (7 * i);
    if ((byte & 0x80U) != 0) continue;
    bytes.remove_prefix(i + 1);
    return true;
  }
  return false;
}

}  // namespace meshgate::kafka::format
