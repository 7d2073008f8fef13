#pragma once

#include <memory>
#include <string>

#include "connectors/kafka/format/decoder.hpp"
#include "connectors/kafka/format/json_field.hpp"

namespace meshgate::kafka::format {

/// UTF-8 text, or any bytes, as one field.
std::unique_ptr<Decoder> make_text_decoder(std::string lone, int32_t kind);

/// A number as Kafka's own serializers write it: `width` bytes (4 or 8), most significant first.
std::unique_ptr<Decoder> make_integer_decoder(std::string lone, size_t width);

/// JSON text: an object's members are the fields, anything else is one field.
std::unique_ptr<Decoder> make_json_decoder(std::string lone, DeclaredTypes types);

/// JSON as Kafka Connect's converter writes it with its schema beside it: {"schema":…,"payload":…}. `bare`: JSON without a schema is taken too.
std::unique_ptr<Decoder> make_connect_decoder(std::string lone, DeclaredTypes types, bool bare);

}  // namespace meshgate::kafka::format
