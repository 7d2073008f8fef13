#include "connectors/kafka/topic_tail.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include "connectors/kafka/range.hpp"

namespace meshgate::kafka {

namespace {

/// Offsets that are read at the end of each partition, and how many times as many where these were all of aborted transactions or marks.
constexpr std::int64_t kFirstWindow = 16;
constexpr std::int64_t kWider = 32;

std::uint64_t number_of(std::string_view text) {
  std::uint64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

}  // namespace

std::optional<Stamp> stamp_of(const rd_kafka_headers_t* headers) {
  Stamp out;
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0; headers != nullptr && rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    const std::string_view called = name;
    const std::string_view text(static_cast<const char*>(value), value == nullptr ? 0 : size);
    if (called == headers::kFeed) out.feed = text;
    else if (called == headers::kEpoch) out.epoch = text;
    else if (called == headers::kThrough) out.through = number_of(text);
    else if (called == headers::kRev) out.rev = text;
    else if (called == headers::kPartition) out.partitions.emplace_back(text);
  }
  if (out.feed.empty() || out.epoch.empty()) return std::nullopt;
  return out;
}

void TopicTail::add(const std::optional<Stamp>& stamp) {
  empty_ = false;
  if (!stamp) unknown_ = true;
  else if (stamp->feed != feed_) other_ = stamp->feed;
  else if (stamp->epoch != epoch_) return;
  else if (stamp->through == 0) unknown_ = true;
  else through_ = std::max(through_, stamp->through);
}

sdk::Status TopicTail::judge(const std::string& topic, sdk::Written& out) const {
  if (!other_.empty()) return sdk::failure(MG_CONFIG, "topic '" + topic + "' holds feed '" + other_ + "', not '" + feed_ + "'; give each feed a topic of its own, or make this one anew");
  out.known = empty_ || (!unknown_ && through_ > 0);
  out.through = out.known ? through_ : 0;
  return {};
}

sdk::Status read_tail(Client& client, const std::string& topic, std::chrono::milliseconds timeout, TopicTail& out) {
  std::int32_t count = 0;
  Offsets begins;
  Offsets ends;
  if (sdk::Status asked = client.partitions(topic, count); !asked.ok()) return asked;
  if (sdk::Status asked = client.offsets(topic, count, Client::Edge::begin, begins); !asked.ok()) return asked;
  if (sdk::Status asked = client.offsets(topic, count, Client::Edge::end, ends); !asked.ok()) return asked;
  Offsets to = ends;
  for (std::int64_t window = kFirstWindow; !to.empty(); window *= kWider) {
    Offsets from;
    std::map<std::int32_t, std::optional<Stamp>> last;
    for (const auto& [partition, end] : to) from[partition] = std::max(begins[partition], end - window);
    const sdk::Status read = read_range(client, topic, from, to, timeout, [&](const Message& message) {
      last[message.partition] = stamp_of(message.headers);
      return sdk::Status{};
    });
    if (!read.ok()) return read;
    for (const auto& [partition, stamp] : last) out.add(stamp);
    Offsets left;
    for (const auto& [partition, offset] : from) {
      if (!last.contains(partition) && offset > begins[partition]) left[partition] = offset;
    }
    to = std::move(left);
  }
  return {};
}

}  // namespace meshgate::kafka
