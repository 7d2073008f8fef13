#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/sdk/connector.hpp"

namespace meshgate::kafka::format {

struct RegistryOptions {
  std::string url;       ///< of a registry with the Confluent interface: "https://registry.corp:8081", path allowed
  std::string user;      ///< empty: nobody signs in
  std::string password;
  std::string ca;        ///< file of authorities to trust; empty: the system's
  std::string certificate;  ///< PEM files of a client certificate and its key; empty: none
  std::string key;
  std::chrono::milliseconds timeout{10000};
};

/// A schema as the registry has it, with what it refers to.
struct Written {
  enum class Language { avro, protobuf, json };
  struct Reference {
    std::string name;
    std::string text;
  };
  Language language = Language::avro;
  std::string text;
  std::vector<Reference> references;  ///< those that others refer to come first
};

/// A schema registry, asked over HTTP. Keeps no schemas: decoders keep what they compiled. One per connection, used by one thread at a time.
class Registry {
 public:
  virtual ~Registry() = default;

  /// The schema of this id. Blocks until the timeout, or until 200 ms after a cancel. MG_BAD_RECORD: there is no such schema;
  /// MG_RETRY: it cannot be asked at present; MG_AUTH, MG_CONFIG: a person must change something.
  virtual sdk::Status schema(uint32_t id, Written& out) = 0;
  /// The latest schema under a subject; nothing where the registry does not know the subject.
  virtual sdk::Status latest(std::string_view subject, std::optional<Written>& out) = 0;
};

/// Checks the options; does not reach out. `cancelled` is asked while it waits.
sdk::Status open_registry(RegistryOptions options, std::function<bool()> cancelled, std::unique_ptr<Registry>& out);

}  // namespace meshgate::kafka::format
