#pragma once

#include <memory>
#include <string>

#include "connectors/kafka/client.hpp"
#include "connectors/kafka/producer.hpp"
#include "connectors/kafka/publication.hpp"
#include "connectors/sdk/connector.hpp"

namespace meshgate::kafka {

/// Writes a feed to a topic, a transaction for each batch. PUBLISHING.md has the bytes.
class TopicWriter : public sdk::Writer {
 public:
  TopicWriter(const Site& site, Publication publication, const sdk::WrittenFeed& feed);
  static sdk::Status probe(const Site& site, const Publication& publication, sdk::Text& warn);

  sdk::Status resume(sdk::Written& out) override;
  sdk::Status fold(sdk::HeldSink& sink) override;
  sdk::Status write(std::span<const mg_entry> entries, uint64_t through) override;

 private:
  sdk::Status put(const mg_entry& entry, std::string_view through);

  const Site& site_;
  const Publication publication_;
  const std::string feed_;
  const std::string epoch_;
  const std::string id_;  ///< by which brokers let one writer at a time
  std::unique_ptr<Client> client_;
  std::unique_ptr<Producer> producer_;
};

}  // namespace meshgate::kafka
