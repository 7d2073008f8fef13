#include "connectors/kafka/topic_writer.hpp"

#include <map>
#include <utility>
#include <vector>

#include "connectors/kafka/format/json_text.hpp"
#include "connectors/kafka/range.hpp"
#include "connectors/kafka/topic_tail.hpp"

namespace meshgate::kafka {

namespace {

/// All that a transactional id of ours begins with, so that rights can be given by prefix.
constexpr std::string_view kIds = "meshgate-";
constexpr size_t kHeaders = 8;

void add(rd_kafka_headers_t* headers, const char* name, std::string_view value) {
  rd_kafka_header_add(headers, name, -1, value.data(), static_cast<ssize_t>(value.size()));
}

}  // namespace

TopicWriter::TopicWriter(const Site& site, Publication publication, const sdk::WrittenFeed& feed)
    : site_(site), publication_(std::move(publication)), feed_(feed.name), epoch_(feed.epoch), id_(std::string(kIds).append(feed.uid).append("-").append(publication_.topic)) {}

sdk::Status TopicWriter::probe(const Site& site, const Publication& publication, sdk::Text& warn) {
  std::unique_ptr<Client> client;
  std::unique_ptr<Producer> producer;
  std::int32_t count = 0;
  std::map<std::string, std::string> settings;
  if (sdk::Status opened = Client::open(site, client); !opened.ok()) return opened;
  if (sdk::Status asked = client->partitions(publication.topic, count); !asked.ok()) return asked;
  if (sdk::Status asked = client->settings(publication.topic, settings); !asked.ok()) return asked;
  if (sdk::Status opened = Producer::open(site, publication, std::string(kIds) + "check", producer); !opened.ok()) return opened;
  if (sdk::Status taken = producer->take_over(); !taken.ok()) return taken;
  const auto policy = settings.find("cleanup.policy");
  if (policy == settings.end()) warn.say("how the topic is cleaned up cannot be seen; grant DescribeConfigs on it");
  else if (policy->second != "compact") warn.say("the topic has cleanup.policy=" + policy->second + ": old records go, and with them items that are still in the feed; set cleanup.policy=compact");
  return {};
}

sdk::Status TopicWriter::resume(sdk::Written& out) {
  std::int32_t count = 0;
  if (sdk::Status opened = Client::open(site_, client_); !opened.ok()) return opened;
  if (sdk::Status asked = client_->partitions(publication_.topic, count); !asked.ok()) return asked;
  if (sdk::Status opened = Producer::open(site_, publication_, id_, producer_); !opened.ok()) return opened;
  if (sdk::Status taken = producer_->take_over(); !taken.ok()) return taken;
  TopicTail tail(feed_, epoch_);
  if (sdk::Status read = read_tail(*client_, publication_.topic, site_.access.timeout, tail); !read.ok()) return read;
  return tail.judge(publication_.topic, out);
}

sdk::Status TopicWriter::fold(sdk::HeldSink& sink) {
  std::int32_t count = 0;
  Offsets begins;
  Offsets ends;
  if (sdk::Status asked = client_->partitions(publication_.topic, count); !asked.ok()) return asked;
  if (sdk::Status asked = client_->offsets(publication_.topic, count, Client::Edge::begin, begins); !asked.ok()) return asked;
  if (sdk::Status asked = client_->offsets(publication_.topic, count, Client::Edge::end, ends); !asked.ok()) return asked;
  return read_range(*client_, publication_.topic, begins, ends, site_.access.timeout, [&](const Message& message) -> sdk::Status {
    if (!message.key || !format::valid_utf8(*message.key)) return {};
    const auto stamp = stamp_of(message.headers);
    std::vector<mg_str> partitions;
    for (size_t i = 0; stamp && i < stamp->partitions.size(); ++i) partitions.push_back(sdk::borrow(stamp->partitions[i]));
    const bool more = !message.value ? sink.gone(*message.key) : stamp ? sink.written(*message.key, stamp->rev, partitions) : sink.foreign(*message.key);
    return more ? sdk::Status{} : sdk::failure(MG_CANCELLED, "cancelled");
  });
}

sdk::Status TopicWriter::write(std::span<const mg_entry> entries, uint64_t through) {
  if (sdk::Status begun = producer_->begin(); !begun.ok()) return begun;
  const std::string upto = std::to_string(through);
  sdk::Status out;
  for (size_t i = 0; i < entries.size() && out.ok(); ++i) out = put(entries[i], upto);
  if (out.ok()) out = producer_->commit();
  if (!out.ok()) producer_->abort();
  return out;
}

sdk::Status TopicWriter::put(const mg_entry& entry, std::string_view through) {
  Headers all(rd_kafka_headers_new(kHeaders));
  add(all.get(), headers::kFeed, feed_);
  add(all.get(), headers::kEpoch, epoch_);
  add(all.get(), headers::kSeq, std::to_string(entry.seq));
  add(all.get(), headers::kThrough, through);
  if (entry.gone != 0) return producer_->put(sdk::view(entry.id), std::nullopt, std::move(all));
  add(all.get(), headers::kRev, sdk::view(entry.rev));
  add(all.get(), headers::kAt, sdk::view(entry.at));
  for (size_t i = 0; i < entry.partition_count; ++i) add(all.get(), headers::kPartition, sdk::view(entry.partitions[i]));
  return producer_->put(sdk::view(entry.id), sdk::view(entry.content), std::move(all));
}

}  // namespace meshgate::kafka
