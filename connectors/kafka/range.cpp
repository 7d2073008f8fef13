#include "connectors/kafka/range.hpp"

namespace meshgate::kafka {

sdk::Status read_range(Client& client, const std::string& topic, const Offsets& from, const Offsets& ends, std::chrono::milliseconds timeout,
                       const std::function<sdk::Status(const Message&)>& each) {
  Offsets open;
  for (const auto& [partition, offset] : from) {
    if (offset < ends.at(partition)) open[partition] = offset;
  }
  if (open.empty()) return {};
  if (sdk::Status assigned = client.assign({{topic, open}}); !assigned.ok()) return assigned;
  sdk::Status out;
  while (!open.empty() && out.ok()) {
    MessageHandle message;
    out = client.next(timeout, message);
    if (!out.ok()) break;
    if (message == nullptr) {
      out = sdk::failure(MG_RETRY, "topic '" + topic + "': no messages come, though there are some; it is tried again");
      break;
    }
    const auto found = open.find(message->partition);
    if (found == open.end()) continue;
    const bool end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    if (!end && message->offset < ends.at(message->partition)) out = each(view_of(*message));
    if (end || message->offset + 1 >= ends.at(message->partition)) open.erase(found);
  }
  client.unassign();
  return out;
}

}  // namespace meshgate::kafka
