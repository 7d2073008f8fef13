#include "tests/unit/kafka_format/shelf.hpp"

#include <cstdlib>
#include <iostream>

#include "connectors/kafka/format/fit.hpp"
#include "connectors/kafka/format/json_text.hpp"

namespace meshgate::kafka::format {

std::unique_ptr<Decoder> decoder(const std::string& format, Registry* registry, std::vector<std::string> types, bool key) {
  std::unique_ptr<Decoder> made;
  const sdk::Status status =
      make_decoder({.format = format, .lone = key ? "key" : "value", .types = std::move(types), .setting = "value_format", .key = key}, registry, made);
  if (status.ok()) return made;
  std::cerr << status.message << '\n';
  std::abort();
}

std::string told(const sdk::Status& status, const Decoded& decoded) {
  if (status.code == MG_BAD_RECORD) return "bad: " + status.message;
  if (status.code == MG_RETRY) return "wait: " + status.message;
  if (!status.ok()) return "code " + std::to_string(status.code) + ": " + status.message;
  switch (decoded.change) {
    case Change::put: break;
    case Change::remove: return "remove";
    case Change::clear: return "clear";
    case Change::nothing: return "nothing";
  }
  std::string out;
  for (const Field& field : decoded.fields) {
    if (!out.empty()) out += '\n';
    out.append(field.name).append(1, ' ').append(kind_name(field.kind));
    if (field.value.kind == MG_NULL && field.kind != MG_NULL) out += " null";
    if (field.value.kind == MG_NULL) continue;
    out += ' ';
    append_text(out, field.value);
  }
  return out;
}

std::string told(Decoder& decoder, std::string_view bytes) {
  Decoded decoded;
  const sdk::Status status = decoder.decode(bytes, decoded);
  return told(status, decoded);
}

std::string framed(uint32_t id, std::string_view payload) {
  std::string out(1, '\0');
  for (unsigned shift = 24;; shift -= 8) {
    out += static_cast<char>(id >> shift & 255U);
    if (shift == 0) break;
  }
  return out.append(payload);
}

}  // namespace meshgate::kafka::format
