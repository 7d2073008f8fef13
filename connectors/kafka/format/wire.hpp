#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace meshgate::kafka::format {

/// Confluent's wire format: a byte 0, the schema's id in four bytes, most significant first, and the payload.
struct Framed {
  uint32_t schema = 0;
  std::string_view payload;
};

/// nullptr, or what is wrong.
const char* split_frame(std::string_view bytes, Framed& out);

/// Takes the path to a message type from the front of a Protobuf payload: a count and that many indexes, each a zigzag varint; a single 0 means the
/// first message. nullptr, or what is wrong.
const char* take_message_path(std::string_view& payload, std::vector<int32_t>& path);

/// Takes a base-128 number of at most 64 bits from the front, false where it is cut off or too long.
bool take_varint(std::string_view& bytes, uint64_t& out);
/// The signed number that is stored as 0, -1, 1, -2, ….
constexpr int64_t unzigzag(uint64_t stored) { return static_cast<int64_t>(stored >> 1U) ^ -static_cast<int64_t>(stored & 1U); }

}  // namespace meshgate::kafka::format
