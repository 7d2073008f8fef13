#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "connectors/kafka/format/decoder.hpp"
#include "connectors/kafka/format/registry.hpp"

namespace meshgate::kafka::format {

/// What a JSON Schema says of the fields: their names and types. It is not used to judge values beyond that.
struct JsonSchema {
  struct Property {
    std::string name;
    int32_t kind = MG_JSON;
    bool nullable = true;
  };
  bool object = false;
  int32_t kind = MG_JSON;            ///< of what is no object
  std::vector<Property> properties;  ///< in their order
};

/// Fills `out`, or says what is wrong. What it does not understand (references to other documents, say) is json.
std::string compile_json_schema(const Written& written, JsonSchema& out);

/// JSON in the wire format of a schema registry.
std::unique_ptr<Decoder> make_json_schema_decoder(std::string lone, bool key, Registry& registry);

}  // namespace meshgate::kafka::format
