#pragma once

#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka/choice.hpp"
#include "connectors/kafka/handle.hpp"

namespace meshgate::kafka {

/// A setting of the library and its value; an empty value stays what it is.
using BrokerSetting = std::pair<const char*, std::string>;

/// How brokers are reached, whoever asks: addresses, TLS, account, deadlines.
std::vector<BrokerSetting> broker_settings(const Access& access);

/// Gives the settings to the library. What it does not take is told by name only: its value may be a password.
sdk::Status apply(rd_kafka_conf_t* to, const std::vector<BrokerSetting>& settings, const Access& access);

}  // namespace meshgate::kafka
