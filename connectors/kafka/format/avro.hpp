#pragma once

#include <memory>
#include <string>

#include "connectors/kafka/format/decoder.hpp"

namespace meshgate::kafka::format {

/// Avro in the wire format of a schema registry.
std::unique_ptr<Decoder> make_avro_decoder(std::string lone, bool key, Registry& registry);

/// "orders-value": where a registry keeps the schemas of a topic's keys or values, unless its producers were told otherwise.
std::string subject_of(std::string_view topic, bool key);

}  // namespace meshgate::kafka::format
