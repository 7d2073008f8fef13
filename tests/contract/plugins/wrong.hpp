#pragma once

// A connector that is right in everything; each wrong plugin changes one thing of it.

#include "connectors/sdk/connector.h"

namespace wrong {

constexpr mg_str text(const char* from) {
  mg_str out{from, 0};
  while (from[out.size] != '\0') ++out.size;
  return out;
}

inline int something;  // what the handles point to

inline int32_t open(const mg_host*, const mg_setting*, size_t, mg_connection** out, mg_error*) {
  *out = reinterpret_cast<mg_connection*>(&something);
  return MG_OK;
}
inline int32_t check(mg_connection*, mg_error*) { return MG_OK; }
inline int32_t discover(mg_connection*, const mg_catalog*, mg_error*) { return MG_OK; }
inline int32_t setup(mg_connection*, const mg_setting*, size_t, const mg_setup*, const mg_text*, mg_error*) { return MG_OK; }
inline int32_t open_stream(mg_connection*, const mg_setting*, size_t, mg_str, mg_stream** out, mg_error*) {
  *out = reinterpret_cast<mg_stream*>(&something);
  return MG_OK;
}
inline int32_t read(mg_stream*, mg_str, const mg_limits*, const mg_sink*, mg_progress* out, mg_error*) {
  out->flags = MG_IDLE;
  return MG_OK;
}
inline int32_t lookup(mg_stream*, const mg_value*, size_t, size_t, const mg_sink*, mg_error*) { return MG_OK; }
inline int32_t settled(mg_stream*, mg_str, mg_error*) { return MG_OK; }
inline void close_stream(mg_stream*) {}
inline void cancel(mg_connection*) {}
inline void close(mg_connection*) {}

inline int32_t probe_writer(mg_connection*, const mg_setting*, size_t, const mg_text*, mg_error*) { return MG_OK; }
inline int32_t open_writer(mg_connection*, const mg_setting*, size_t, const mg_feed*, mg_writer** out, mg_error*) {
  *out = reinterpret_cast<mg_writer*>(&something);
  return MG_OK;
}
inline int32_t resume(mg_writer*, mg_written*, mg_error*) { return MG_OK; }
inline int32_t write(mg_writer*, const mg_entry*, size_t, uint64_t, mg_error*) { return MG_OK; }
inline void close_writer(mg_writer*) {}

inline mg_column column(const char* name, int32_t type, uint32_t key = 0) {
  mg_column out{};
  out.size = sizeof out;
  out.type = type;
  out.name = text(name);
  out.native = text("native");
  out.key = key;
  return out;
}

inline mg_record record(const mg_value* values, size_t count) {
  mg_record out{};
  out.size = sizeof out;
  out.values = values;
  out.value_count = count;
  return out;
}

inline mg_connector_module right() {
  mg_connector_module out{};
  out.abi = MG_CONNECTOR_ABI;
  out.size = sizeof out;
  out.name = text("wrong");
  out.version = text("1");
  out.summary = text("Is wrong in one thing.");
  out.open = open;
  out.check = check;
  out.discover = discover;
  out.setup = setup;
  out.open_stream = open_stream;
  out.read = read;
  out.lookup = lookup;
  out.settled = settled;
  out.close_stream = close_stream;
  out.cancel = cancel;
  out.close = close;
  return out;
}

}  // namespace wrong

#define WRONG_PLUGIN(change)                                                \
  extern "C" const mg_connector_module* mg_connector_entry(uint32_t) {      \
    static const mg_connector_module module = [] {                         \
      mg_connector_module m = wrong::right();                               \
      change;                                                               \
      return m;                                                             \
    }();                                                                    \
    return &module;                                                         \
  }
