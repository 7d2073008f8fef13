#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "connectors/ldap/connection.hpp"
#include "tests/integration/ldap/server.hpp"

namespace meshgate::ldap_test {

using Settings = std::vector<std::pair<std::string, std::string>>;

/// What reads emitted, by key.
struct Emitted {
  std::map<std::string, std::map<std::string, std::string>> entries;  ///< columns as text, those that are NULL left out
  std::set<std::string> present;
  std::set<std::string> removed;
  std::vector<std::string> faults;
  size_t records = 0;

  /// The entry whose dn begins so, or an empty one.
  [[nodiscard]] std::map<std::string, std::string> by_name(const std::string& begin) const {
    for (const auto& [key, entry] : entries) {
      const auto dn = entry.find("dn");
      if (dn != entry.end() && dn->second.starts_with(begin)) return entry;
    }
    return {};
  }
};

inline std::string shown(const mg_value& value) { return value.kind == MG_BOOL ? (value.i != 0 ? "true" : "false") : std::string(sdk::view(value.s)); }

/// One connection with one stream of it. What a test expects to work fails it otherwise.
class Reading {
 public:
  Reading(Settings connection, Settings stream, sdk::Status* failed = nullptr) {
    const sdk::Status opened = open(std::move(connection), std::move(stream));
    if (failed != nullptr) *failed = opened;
    if (failed == nullptr && !opened.ok()) ADD_FAILURE() << opened.message;
  }

  /// One read from where the last one came to.
  sdk::Status read(mg_limits limits = {}) {
    if (stream_ == nullptr) return sdk::failure(MG_INTERNAL, "the stream is not open");
    limits.size = sizeof limits;
    if (limits.max_wait_ms == 0) limits.max_wait_ms = 200;
    if (limits.max_records == 0) limits.max_records = 5000;
    if (limits.max_bytes == 0) limits.max_bytes = 4U << 20U;
    const mg_sink raw{sizeof(mg_sink), this, [](void* self, const mg_column* columns, size_t count) -> int32_t { return static_cast<Reading*>(self)->columns(columns, count); },
                      [](void* self, const mg_record* record) -> int32_t { return static_cast<Reading*>(self)->emit(*record); }};
    sdk::Sink sink(&raw);
    progress = {};
    sdk::Status done = stream_->read(position, limits, sink, progress);
    if (!done.ok()) return done;
    position = progress.position;
    began = began || (progress.flags & MG_SCAN_BEGAN) != 0;
    scanned = scanned || (progress.flags & MG_SCAN_ENDED) != 0;
    return done;
  }
  /// Reads until there is nothing more at present; whether a scan began and ended meanwhile is in `began` and `scanned`.
  sdk::Status read_all() {
    began = scanned = false;
    do {
      if (sdk::Status done = read(); !done.ok()) return done;
    } while ((progress.flags & MG_IDLE) == 0);
    return {};
  }
  /// Reads on until something is as it is wanted.
  template <class Wanted>
  void read_until(const char* what, Wanted wanted) {
    for (int reads = 0; reads < 300; ++reads) {
      if (wanted()) return;
      const sdk::Status done = read();
      ASSERT_TRUE(done.ok()) << done.message;
    }
    FAIL() << "read in vain for " << what;
  }
  sdk::Stream& stream() { return *stream_; }
  sdk::Connection& connection() { return *connection_; }

  std::string position;
  sdk::Progress progress;
  Emitted seen;
  bool began = false;
  bool scanned = false;

 private:
  sdk::Status open(Settings connection, Settings stream) {
    const auto given = borrowed(connection);
    if (sdk::Status opened = ldap::DirectoryConnection::open(sdk::Host(nullptr), sdk::Settings(given.data(), given.size()), connection_); !opened.ok()) return opened;
    const auto of_stream = borrowed(stream);
    return connection_->open_stream(sdk::Settings(of_stream.data(), of_stream.size()), {}, stream_);
  }
  static std::vector<mg_setting> borrowed(const Settings& from) {
    std::vector<mg_setting> out;
    for (const auto& [name, value] : from) out.push_back({sdk::borrow(name), sdk::borrow(value)});
    return out;
  }
  int32_t columns(const mg_column* columns, size_t count) {
    names_.clear();
    for (size_t i = 0; i < count; ++i) names_.emplace_back(sdk::view(columns[i].name));
    return MG_OK;
  }
  int32_t emit(const mg_record& record) {
    ++seen.records;
    const std::string key(sdk::view(record.values[0].s));
    if (record.operation == MG_PRESENT) {
      seen.present.insert(key);
    } else if (record.operation == MG_DELETE) {
      seen.entries.erase(key);
      seen.removed.insert(key);
    } else if (record.fault.size > 0) {
      seen.faults.emplace_back(sdk::view(record.fault));
    } else {
      auto& entry = seen.entries[key];
      entry.clear();
      for (size_t i = 0; i < record.value_count; ++i) {
        if (record.values[i].kind != MG_NULL) entry[names_[i]] = shown(record.values[i]);
      }
    }
    return MG_OK;
  }

  std::vector<std::string> names_;
  std::unique_ptr<sdk::Connection> connection_;
  std::unique_ptr<sdk::Stream> stream_;
};

inline Settings reader_of(const Server& server) { return {{"url", server.url()}, {"tls", "off"}, {"dn", server.reader()}, {"password", server.reader_password()}}; }
inline Settings people_of(const Server& server, Settings more = {}) {
  Settings out = {{"base", server.people()}, {"filter", "(objectClass=inetOrgPerson)"}};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

}  // namespace meshgate::ldap_test
