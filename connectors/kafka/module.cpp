#include "connectors/kafka/connection.hpp"
#include "connectors/kafka/publication.hpp"
#include "connectors/sdk/module.hpp"

MESHGATE_CONNECTOR(meshgate::kafka::ClusterConnection,
                   (meshgate::sdk::Description{.name = "kafka",
                                               .version = "0.1.0",
                                               .summary = "Topics of Apache Kafka, read by offsets that the gateway keeps, and written in transactions.",
                                               .connection_options = meshgate::kafka::connection_options(),
                                               .stream_options = meshgate::kafka::stream_options(),
                                               .writer_options = meshgate::kafka::writer_options()}))
