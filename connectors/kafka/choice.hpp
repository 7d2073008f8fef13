#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "connectors/kafka/format/decoder.hpp"
#include "connectors/kafka/format/registry.hpp"
#include "connectors/sdk/connector.hpp"

namespace meshgate::kafka {

/// What a connection's settings say.
struct Access {
  std::string servers;  ///< "kafka1.corp:9093,kafka2.corp:9093": those that are asked first; they name the others
  bool tls = true;
  std::string authority;  ///< a file of certificates; empty: the system's
  std::string certificate;
  std::string private_key;
  std::string mechanism;  ///< of SASL, as Kafka spells it; empty: none
  std::string user;       ///< GSSAPI: the principal; OAUTHBEARER: the client's id
  std::string password;
  std::string keytab;
  std::string token_url;  ///< OAUTHBEARER: where the client gets its tokens
  std::string scope;
  std::string group;  ///< under which what was read is told to the brokers; empty: it is not
  std::chrono::milliseconds timeout{10000};
  int64_t buffer = int64_t{16} << 20U;
  format::RegistryOptions registry;
};
std::span<const mg_option> connection_options();
sdk::Status read_access(const sdk::Settings& settings, Access& out);

/// What the messages of a topic are to a feed.
enum class Shape : std::uint8_t {
  state,  ///< a key's last message is its item; without a value it is deleted
  events  ///< each message is an item
};

/// What a stream's settings say.
struct Choice {
  std::string topic;  ///< the one; of several all that is written, for people
  std::vector<std::string> words = {};  ///< names and patterns of several
  bool several = false;
  Shape shape = Shape::state;
  format::DecoderOptions key;
  format::DecoderOptions value;
  bool metadata = false;  ///< also _topic, _partition, _offset, _timestamp and _headers

  /// "" is the only one.
  [[nodiscard]] const std::string& name_of(const std::string& one) const { return several ? one : topic; }
};
std::span<const mg_option> stream_options();
sdk::Status read_choice(const sdk::Settings& settings, Choice& out);

}  // namespace meshgate::kafka
