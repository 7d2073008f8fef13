#pragma once

#include <memory>
#include <string_view>

#include "connectors/ldap/stream.hpp"
#include "connectors/sdk/connector.hpp"

namespace meshgate::ldap {

/// A directory. Each stream has connections of its own to its servers.
class DirectoryConnection : public sdk::Connection {
 public:
  DirectoryConnection(const sdk::Host& host, Access access);
  static sdk::Status open(const sdk::Host& host, const sdk::Settings& settings, std::unique_ptr<sdk::Connection>& out);

  sdk::Status check() override;
  /// The naming contexts, and the organisational units and containers directly under them.
  sdk::Status discover(sdk::Catalog& catalog) override;
  sdk::Status open_stream(const sdk::Settings& settings, std::string_view reader, std::unique_ptr<sdk::Stream>& out) override;
  /// Binds as that person, on a connection of its own.
  sdk::Status verify(const sdk::Settings& stream, const sdk::Person& who) override;
  void on_cancel() noexcept override { site_.sockets.shut_down(); }

 private:
  sdk::Status bases(Link& link, const ServerFacts& facts, std::vector<std::string>& out) const;

  Site site_;
};

}  // namespace meshgate::ldap
