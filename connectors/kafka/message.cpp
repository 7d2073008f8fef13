#include "connectors/kafka/message.hpp"

#include <algorithm>

#include "connectors/kafka/format/json_text.hpp"
#include "connectors/kafka/position.hpp"

namespace meshgate::kafka {

namespace {

constexpr size_t kFingerprinted = 64;  ///< bytes of a value
constexpr size_t kMostShown = size_t{64} << 10U;

std::optional<std::string_view> bytes(const void* data, size_t size) {
  if (data == nullptr) return std::nullopt;
  return std::string_view(static_cast<const char*>(data), size);
}

void append_text(std::string& out, std::string_view bytes) {
  if (format::valid_utf8(bytes)) {
    format::append_json_string(out, bytes);
    return;
  }
  out += "{\"base64\":\"";
  format::append_base64(out, bytes);
  out += "\"}";
}

}  // namespace

Message view_of(const rd_kafka_message_t& message) {
  Message out;
  out.topic = rd_kafka_topic_name(message.rkt);
  out.partition = message.partition;
  out.offset = message.offset;
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const int64_t time = rd_kafka_message_timestamp(&message, &type);
  out.timestamp_ms = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : time;
  out.key = bytes(message.key, message.key_len);
  out.value = bytes(message.payload, message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) out.headers = headers;
  return out;
}

std::uint64_t fingerprint(const Message& message) {
  Fingerprint out;
  out.add(message.timestamp_ms);
  out.add(message.key.value_or(std::string_view()));
  const std::string_view value = message.value.value_or(std::string_view());
  out.add(static_cast<std::int64_t>(value.size()));
  out.add(value.substr(0, kFingerprinted));
  return out.value();
}

void append_headers(std::string& out, const rd_kafka_headers_t* headers) {
  out += '[';
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0; headers != nullptr && rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    out.append(i == 0 ? "[" : ",[");
    append_text(out, name);
    out += ',';
    if (const auto given = bytes(value, size)) {
      append_text(out, *given);
    } else {
      out += "null";
    }
    out += ']';
  }
  out += ']';
}

std::string shown(std::optional<std::string_view> value) {
  if (!value || format::valid_utf8(*value)) return std::string(value.value_or(std::string_view()));
  std::string out = "base64:";
  format::append_base64(out, value->substr(0, kMostShown));
  return out;
}

}  // namespace meshgate::kafka
