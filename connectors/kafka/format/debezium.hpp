#pragma once

#include <memory>
#include <string>

#include "connectors/kafka/format/decoder.hpp"
#include "connectors/kafka/format/json_field.hpp"

namespace meshgate::kafka::format {

// Values that are Debezium's change events: op c (create), u (update) and r (read, in a snapshot) put what stands in `after`; d removes; t (truncate)
// clears; m (a message in the log) is nothing. Snapshot marks change nothing: what a snapshot reads is put like what is created.

/// Events as JSON, with Kafka Connect's schema beside them or without.
std::unique_ptr<Decoder> make_debezium_decoder(DeclaredTypes types);

/// Events as Avro, in the wire format of a schema registry.
std::unique_ptr<Decoder> make_debezium_avro_decoder(Registry& registry);

}  // namespace meshgate::kafka::format
