#pragma once

#include <memory>

#include "connectors/kafka/client.hpp"
#include "connectors/kafka/message_table.hpp"
#include "connectors/kafka/topics.hpp"

namespace meshgate::kafka {

/// Answers for keys, with a consumer of its own, so that a read under way is not disturbed. Brokers know no keys: of shape state the topic is read from its
/// beginning to its end, of shape events the id says where the message is.
class Lookup {
 public:
  Lookup(const Site& site, const Choice& choice) : site_(site), choice_(choice) {}

  /// `columns`: those that were announced so far. Blocks.
  sdk::Status answer(const sdk::Keys& keys, const std::vector<KnownColumn>& columns, sdk::Sink& sink);

 private:
  struct Kept;

  sdk::Status prepare(const std::vector<KnownColumn>& columns, Counts& topics);
  sdk::Status find_in(const std::string& topic, std::int32_t partitions, const sdk::Keys& keys, sdk::Sink& sink);
  sdk::Status find_state(const std::string& topic, const sdk::Keys& keys, const Offsets& begins, const Offsets& ends, sdk::Sink& sink);
  sdk::Status find_events(const std::string& topic, const sdk::Keys& keys, const Offsets& begins, const Offsets& ends, sdk::Sink& sink);
  sdk::Status emit(const Message& message, sdk::Sink& sink);

  const Site& site_;
  const Choice& choice_;
  std::unique_ptr<Client> client_;
  std::unique_ptr<MessageTable> table_;
};

}  // namespace meshgate::kafka
