#pragma once

#include <memory>

#include "connectors/kafka/format/decoder.hpp"

namespace meshgate::kafka::format {

/// Protobuf in the wire format of a schema registry.
std::unique_ptr<Decoder> make_protobuf_decoder(bool key, Registry& registry);

}  // namespace meshgate::kafka::format
