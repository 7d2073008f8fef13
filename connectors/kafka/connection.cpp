#include "connectors/kafka/connection.hpp"

#include <algorithm>
#include <utility>

#include "connectors/kafka/message_table.hpp"
#include "connectors/kafka/range.hpp"
#include "connectors/kafka/topic_stream.hpp"
#include "connectors/kafka/topic_writer.hpp"

namespace meshgate::kafka {

namespace {

/// Messages of each partition that are looked at to find which fields there are.
constexpr std::int64_t kSample = 20;

}  // namespace

ClusterConnection::ClusterConnection(const sdk::Host& host, Access access)
    : site_{.access = std::move(access), .host = host, .cancelled = [this] { return cancelled(); }, .registry = nullptr} {}

sdk::Status ClusterConnection::open(const sdk::Host& host, const sdk::Settings& settings, std::unique_ptr<sdk::Connection>& out) {
  Access access;
  if (sdk::Status read = read_access(settings, access); !read.ok()) return read;
  auto made = std::make_unique<ClusterConnection>(host, std::move(access));
  if (const auto& registry = made->site_.access.registry; !registry.url.empty()) {
    if (sdk::Status opened = format::open_registry(registry, made->site_.cancelled, made->site_.registry); !opened.ok()) return opened;
  }
  // What librdkafka does not take of the settings shows only in a client.
  std::unique_ptr<Client> client;
  if (sdk::Status opened = Client::open(made->site_, client); !opened.ok()) return opened;
  out = std::move(made);
  return {};
}

sdk::Status ClusterConnection::check() {
  std::unique_ptr<Client> client;
  Counts topics;
  if (sdk::Status opened = Client::open(site_, client); !opened.ok()) return opened;
  return client->topics(topics);
}

sdk::Status ClusterConnection::discover(sdk::Catalog& catalog) {
  std::unique_ptr<Client> client;
  Counts topics;
  if (sdk::Status opened = Client::open(site_, client); !opened.ok()) return opened;
  if (sdk::Status asked = client->topics(topics); !asked.ok()) return asked;
  for (const auto& [topic, partitions] : topics) {
    std::unique_ptr<MessageTable> table;
    if (!catalog.names_only()) {
      if (sdk::Status looked = look_at(*client, topic, table); !looked.ok()) return looked;
    }
    if (!catalog.stream(topic, table == nullptr ? std::span<const mg_column>() : table->columns())) break;
  }
  return {};
}

sdk::Status ClusterConnection::look_at(Client& client, const std::string& topic, std::unique_ptr<MessageTable>& out) const {
  Choice choice{.topic = topic, .shape = Shape::events, .metadata = true};
  choice.key = {.format = "bytes", .lone = "key", .types = {}, .setting = "key_format", .key = true};
  choice.value = {.format = "json", .lone = "value", .types = {}, .setting = "value_format"};
  std::int32_t count = 0;
  Offsets begins;
  Offsets ends;
  if (sdk::Status made = MessageTable::make(choice, nullptr, out); !made.ok()) return made;
  if (sdk::Status asked = client.partitions(topic, count); !asked.ok()) return asked;
  if (sdk::Status asked = client.offsets(topic, count, Client::Edge::begin, begins); !asked.ok()) return asked;
  if (sdk::Status asked = client.offsets(topic, count, Client::Edge::end, ends); !asked.ok()) return asked;
  for (auto& [partition, offset] : begins) offset = std::max(offset, ends[partition] - kSample);
  return read_range(client, topic, begins, ends, site_.access.timeout, [&](const Message& message) {
    Meaning meaning = Meaning::nothing;
    return out->fill(message, meaning);
  });
}

sdk::Status ClusterConnection::open_stream(const sdk::Settings& settings, std::string_view, std::unique_ptr<sdk::Stream>& out) {
  Choice choice;
  if (sdk::Status read = read_choice(settings, choice); !read.ok()) return read;
  return TopicStream::open(site_, std::move(choice), out);
}

sdk::Status ClusterConnection::probe_writer(const sdk::Settings& settings, sdk::Text& warn) {
  Publication publication;
  if (sdk::Status read = read_publication(settings, publication); !read.ok()) return read;
  return TopicWriter::probe(site_, publication, warn);
}

sdk::Status ClusterConnection::open_writer(const sdk::Settings& settings, const sdk::WrittenFeed& feed, std::unique_ptr<sdk::Writer>& out) {
  Publication publication;
  if (sdk::Status read = read_publication(settings, publication); !read.ok()) return read;
  out = std::make_unique<TopicWriter>(site_, std::move(publication), feed);
  return {};
}

}  // namespace meshgate::kafka
