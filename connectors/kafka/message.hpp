#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/kafka/handle.hpp"

namespace meshgate::kafka {

/// A message as it came. Borrows from the library's own.
struct Message {
  std::string_view topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = -1;           ///< below 0: it has none
  std::optional<std::string_view> key;      ///< a key of no bytes is one
  std::optional<std::string_view> value;
  const rd_kafka_headers_t* headers = nullptr;
};

Message view_of(const rd_kafka_message_t& message);

/// By what a message is known again.
std::uint64_t fingerprint(const Message& message);

/// [["name","text"],["name",null]]: all of them, in their order; bytes that are no text as {"base64":"AP8="}.
void append_headers(std::string& out, const rd_kafka_headers_t* headers);

/// A value for people: as it is where it is text, otherwise in base64, and cut where it is very long.
std::string shown(std::optional<std::string_view> value);

}  // namespace meshgate::kafka
