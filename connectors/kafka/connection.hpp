#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "connectors/kafka/client.hpp"
#include "connectors/sdk/connector.hpp"

namespace meshgate::kafka {

class MessageTable;

/// A Kafka cluster. Each stream has a consumer of its own.
class ClusterConnection : public sdk::Connection {
 public:
  ClusterConnection(const sdk::Host& host, Access access);
  static sdk::Status open(const sdk::Host& host, const sdk::Settings& settings, std::unique_ptr<sdk::Connection>& out);

  sdk::Status check() override;
  /// The topics that this account may see, but for Kafka's own. Their columns are those of JSON values among the last messages.
  sdk::Status discover(sdk::Catalog& catalog) override;
  sdk::Status open_stream(const sdk::Settings& settings, std::string_view reader, std::unique_ptr<sdk::Stream>& out) override;
  sdk::Status probe_writer(const sdk::Settings& settings, sdk::Text& warn) override;
  sdk::Status open_writer(const sdk::Settings& settings, const sdk::WrittenFeed& feed, std::unique_ptr<sdk::Writer>& out) override;

 private:
  sdk::Status look_at(Client& client, const std::string& topic, std::unique_ptr<MessageTable>& out) const;

  Site site_;
};

}  // namespace meshgate::kafka
