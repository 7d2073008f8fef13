#include "connectors/kafka/format/decoder.hpp"

#include "connectors/kafka/format/avro.hpp"
#include "connectors/kafka/format/debezium.hpp"
#include "connectors/kafka/format/json_schema.hpp"
#include "connectors/kafka/format/plain.hpp"
#include "connectors/kafka/format/protobuf.hpp"

namespace meshgate::kafka::format {

namespace {

/// All that a format may be made of; the registry is there where the format needs one.
struct Parts {
  std::string lone;
  bool key;
  DeclaredTypes types;
  Registry* registry;
};

struct Format {
  std::string_view name;
  bool registry;
  std::unique_ptr<Decoder> (*make)(Parts parts);
};

constexpr Format kFormats[] = {
    {"string", false, [](Parts parts) { return make_text_decoder(parts.lone, MG_TEXT); }},
    {"bytes", false, [](Parts parts) { return make_text_decoder(parts.lone, MG_BYTES); }},
    {"int32", false, [](Parts parts) { return make_integer_decoder(parts.lone, sizeof(int32_t)); }},
    {"int64", false, [](Parts parts) { return make_integer_decoder(parts.lone, sizeof(int64_t)); }},
    {"json", false, [](Parts parts) { return make_json_decoder(parts.lone, parts.types); }},
    {"connect-json", false, [](Parts parts) { return make_connect_decoder(parts.lone, {}, false); }},
    {"avro", true, [](Parts parts) { return make_avro_decoder(parts.lone, parts.key, *parts.registry); }},
    {"protobuf", true, [](Parts parts) { return make_protobuf_decoder(parts.key, *parts.registry); }},
    {"json-schema", true, [](Parts parts) { return make_json_schema_decoder(parts.lone, parts.key, *parts.registry); }},
    {"debezium", false,
     [](Parts parts) { return parts.key ? make_connect_decoder(parts.lone, parts.types, true) : make_debezium_decoder(parts.types); }},
    {"debezium-avro", true,
     [](Parts parts) { return parts.key ? make_avro_decoder(parts.lone, true, *parts.registry) : make_debezium_avro_decoder(*parts.registry); }},
};

const Format* named(std::string_view name) {
  for (const Format& each : kFormats) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

}  // namespace

std::string formats() {
  std::string out;
  for (const Format& each : kFormats) out.append(out.empty() ? "" : ", ").append(each.name);
  return out;
}

bool needs_registry(std::string_view format) {
  const Format* found = named(format);
  return found != nullptr && found->registry;
}

sdk::Status make_decoder(const DecoderOptions& options, Registry* registry, std::unique_ptr<Decoder>& out) {
  const Format* format = named(options.format);
  if (format == nullptr) return sdk::failure(MG_CONFIG, options.setting + ": '" + options.format + "' is not one of " + formats());
  if (format->registry && registry == nullptr) {
    return sdk::failure(MG_CONFIG, options.setting + ": " + options.format + " needs a schema registry; name one in the connection");
  }
  Parts parts{.lone = options.lone, .key = options.key, .types = {}, .registry = registry};
  if (sdk::Status read = read_types(options.types, parts.types); !read.ok()) return read;
  out = format->make(std::move(parts));
  return {};
}

}  // namespace meshgate::kafka::format
