#pragma once

#include <map>
#include <memory>
#include <string>

#include "connectors/kafka/format/decoder.hpp"
#include "connectors/kafka/format/registry.hpp"

namespace meshgate::kafka::format {

/// A registry in memory, which can be told to be away.
class Shelf : public Registry {
 public:
  sdk::Status schema(uint32_t id, Written& out) override {
    ++asked;
    if (away) return sdk::failure(MG_RETRY, "away");
    const auto found = schemas.find(id);
    if (found == schemas.end()) return sdk::failure(MG_BAD_RECORD, "schema " + std::to_string(id) + " is not in the registry");
    out = found->second;
    return {};
  }
  sdk::Status latest(std::string_view subject, std::optional<Written>& out) override {
    if (away) return sdk::failure(MG_RETRY, "away");
    if (const auto found = subjects.find(std::string(subject)); found != subjects.end()) out = schemas[found->second];
    return {};
  }

  std::map<uint32_t, Written> schemas;
  std::map<std::string, uint32_t> subjects;
  bool away = false;
  int asked = 0;
};

/// A decoder with good options, or the test's process ends.
std::unique_ptr<Decoder> decoder(const std::string& format, Registry* registry = nullptr, std::vector<std::string> types = {}, bool key = false);

/// What a decode says: "name kind text" a line; or "remove", "clear", "nothing"; or "bad: …", "wait: …".
std::string told(Decoder& decoder, std::string_view bytes);
std::string told(const sdk::Status& status, const Decoded& decoded);

/// The head of the wire format before a payload.
std::string framed(uint32_t id, std::string_view payload);

}  // namespace meshgate::kafka::format
