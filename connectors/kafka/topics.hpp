#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/kafka/client.hpp"
#include "connectors/kafka/position.hpp"

namespace meshgate::kafka {

/// By topic and partition; "" is the topic of a stream that has only one.
using Edges = std::map<Place, std::int64_t, ByPlace>;

/// Whether names and patterns choose a topic: `*` stands for any characters, `?` for one, `!` leaves out; the last one that matches decides.
bool chooses(const std::vector<std::string>& words, std::string_view topic);

/// The topics of a stream as they are now ("" is the only one). One that a pattern chose goes when the brokers say that there is none of that name; `known` are those that were
/// there before. A failure where the choice is of none. Blocks.
sdk::Status find_topics(Client& client, const Choice& choice, const Counts& known, Counts& out);

/// Where each of their partitions begins or ends. Blocks.
sdk::Status find_edges(Client& client, const Choice& choice, const Counts& topics, Client::Edge edge, Edges& out);

/// Reads these partitions from these offsets on.
sdk::Status assign(Client& client, const Choice& choice, const Edges& from);

}  // namespace meshgate::kafka
