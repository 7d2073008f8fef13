#pragma once

#include <functional>
#include <string>

#include "connectors/kafka/client.hpp"
#include "connectors/kafka/message.hpp"

namespace meshgate::kafka {

/// Shows the messages of a topic from these offsets up to, but not including, those ends, in each partition's order. A callback that fails ends it. Blocks.
sdk::Status read_range(Client& client, const std::string& topic, const Offsets& from, const Offsets& ends, std::chrono::milliseconds timeout,
                       const std::function<sdk::Status(const Message&)>& each);

}  // namespace meshgate::kafka
