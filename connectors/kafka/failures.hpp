#pragma once

#include <librdkafka/rdkafka.h>

#include <string_view>

#include "connectors/sdk/connector.hpp"

namespace meshgate::kafka {

/// What an error of a broker or of the library means for who reads: what to do, and a sentence. `doing` says at what ("topic orders at
/// kafka1.corp:9092"), `text` is what the library adds.
sdk::Status failed(rd_kafka_resp_err_t error, std::string_view doing, std::string_view text);

/// Which of two errors says more of why brokers cannot be talked to: that they are all down follows from a password that is wrong.
bool says_more(rd_kafka_resp_err_t error, rd_kafka_resp_err_t than);

/// Whether waiting does not help: a person must change something.
bool is_final(rd_kafka_resp_err_t error);

}  // namespace meshgate::kafka
