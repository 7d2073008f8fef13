#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "connectors/kafka/format/registry.hpp"

namespace meshgate::kafka::format {

/// "Avro", "Protobuf", "JSON Schema".
std::string_view language_name(Written::Language language);

/// What a decoder has compiled of a registry's schemas, by id. An id's schema never changes, so it is asked for once; that an id is unknown is
/// believed for ten seconds.
template <class Compiled>
class SchemaCache {
 public:
  /// Fills `out`, or says what is wrong.
  using Compile = std::string (*)(const Written& written, Compiled& out);

  SchemaCache(Registry& registry, Written::Language language, Compile compile) : registry_(registry), language_(language), compile_(compile) {}

  /// Blocks while it is fetched. MG_BAD_RECORD: there is none, or it cannot be used. `out` is good until the next call.
  sdk::Status get(uint32_t id, Compiled*& out) {
    auto found = entries_.find(id);
    if (found != entries_.end() && Clock::now() >= found->second.until) {
      entries_.erase(found);
      found = entries_.end();
    }
    if (found == entries_.end()) {
      Entry entry;
      if (sdk::Status fetched = fetch(id, entry); !fetched.ok()) return fetched;
      if (entries_.size() >= kMostSchemas) entries_.clear();
      found = entries_.emplace(id, std::move(entry)).first;
    }
    out = found->second.compiled.get();
    return out != nullptr ? sdk::Status{} : sdk::failure(MG_BAD_RECORD, found->second.fault);
  }

  /// The latest schema under a subject, compiled; nullptr where there is none.
  sdk::Status latest(std::string_view subject, std::unique_ptr<Compiled>& out) {
    std::optional<Written> written;
    if (sdk::Status asked = registry_.latest(subject, written); !asked.ok()) return asked;
    if (!written || written->language != language_) return {};
    auto compiled = std::make_unique<Compiled>();
    if (compile_(*written, *compiled).empty()) out = std::move(compiled);
    return {};
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr size_t kMostSchemas = 1000;
  static constexpr std::chrono::seconds kUnknownFor{10};

  struct Entry {
    std::unique_ptr<Compiled> compiled;
    std::string fault;
    Clock::time_point until = Clock::time_point::max();
  };

  sdk::Status fetch(uint32_t id, Entry& entry) {
    Written written;
    const sdk::Status asked = registry_.schema(id, written);
    if (!asked.ok() && asked.code != MG_BAD_RECORD) return asked;
    const std::string place = "schema " + std::to_string(id);
    if (!asked.ok()) {
      entry.fault = asked.message;
      entry.until = Clock::now() + kUnknownFor;
    } else if (written.language != language_) {
      entry.fault = place + " is " + std::string(language_name(written.language)) + ", and the format says " + std::string(language_name(language_));
    } else {
      auto compiled = std::make_unique<Compiled>();
      const std::string wrong = compile_(written, *compiled);
      if (wrong.empty()) {
        entry.compiled = std::move(compiled);
      } else {
        entry.fault = place + ": " + wrong;
      }
    }
    return {};
  }

  Registry& registry_;
  Written::Language language_;
  Compile compile_;
  std::map<uint32_t, Entry> entries_;
};

}  // namespace meshgate::kafka::format
