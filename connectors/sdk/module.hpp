#pragma once

// Included by the one file of a plugin that says MESHGATE_CONNECTOR: the entries that the gateway calls.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <string_view>

#include "connectors/sdk/connector.hpp"

namespace meshgate::sdk {

/// The border itself: every entry of the module, none of which lets an exception out.
struct Fence {
  static Connection* self(mg_connection* connection) { return reinterpret_cast<Connection*>(connection); }
  static Stream* self(mg_stream* stream) { return reinterpret_cast<Stream*>(stream); }
  static Writer* self(mg_writer* writer) { return reinterpret_cast<Writer*>(writer); }

  static int32_t report(int32_t code, std::string_view message, mg_error* out) noexcept {
    if (out == nullptr) return code;
    out->code = code;
    size_t size = std::min(message.size(), sizeof out->message - 1);
    // A character that does not fit as a whole is left out.
    while (size < message.size() && size > 0 && (static_cast<unsigned char>(message[size]) & 0xC0U) == 0x80U) --size;
    if (size > 0) std::memcpy(out->message, message.data(), size);
    out->message[size] = '\0';
    return code;
  }

  /// Runs `body`, which returns a Status, for a connection (null while it is being opened).
  template <class Body>
  static int32_t run(const Connection* connection, mg_error* error, Body&& body) noexcept {
    int32_t code = MG_INTERNAL;
    try {
      if (connection != nullptr && connection->cancelled()) return report(MG_CANCELLED, "cancelled", error);
      const Status status = body();
      code = report(status.code, status.message, error);
    } catch (const Failure& thrown) {
      code = report(thrown.status().code, thrown.status().message, error);
    } catch (const std::exception& thrown) {
      code = report(MG_INTERNAL, thrown.what(), error);
    } catch (...) {
      code = report(MG_INTERNAL, "the connector threw something that is not a std::exception", error);
    }
    if (connection != nullptr && connection->cancelled()) return report(MG_CANCELLED, "cancelled", error);
    return code;
  }

  template <class Mine>
  static int32_t open(const mg_host* host, const mg_setting* settings, size_t count, mg_connection** out, mg_error* error) noexcept {
    *out = nullptr;
    return run(nullptr, error, [&] {
      std::unique_ptr<Connection> made;
      Status status = Mine::open(Host(host), Settings(settings, count), made);
      if (status.ok()) *out = reinterpret_cast<mg_connection*>(made.release());
      return status;
    });
  }
  static int32_t check(mg_connection* connection, mg_error* error) noexcept {
    return run(self(connection), error, [&] { return self(connection)->check(); });
  }
  static int32_t discover(mg_connection* connection, const mg_catalog* catalog, mg_error* error) noexcept {
    return run(self(connection), error, [&] {
      Catalog mine(catalog);
      return self(connection)->discover(mine);
    });
  }
  static int32_t setup(mg_connection* connection, const mg_setting* settings, size_t count, const mg_setup* wish, const mg_text* text,
                       mg_error* error) noexcept {
    return run(self(connection), error, [&] {
      Text mine(text);
      return self(connection)->setup(Settings(settings, count), {wish->action, wish->tell != 0, Settings(wish->login, wish->login_count), view(wish->reader)}, mine);
    });
  }
  static int32_t open_stream(mg_connection* connection, const mg_setting* settings, size_t count, mg_str reader, mg_stream** out,
                             mg_error* error) noexcept {
    *out = nullptr;
    std::unique_ptr<Stream> made;
    const int32_t code =
        run(self(connection), error, [&] { return self(connection)->open_stream(Settings(settings, count), view(reader), made); });
    if (code != MG_OK || made == nullptr) return code;
    made->connection_ = self(connection);
    *out = reinterpret_cast<mg_stream*>(made.release());
    return code;
  }
  static int32_t read(mg_stream* stream, mg_str position, const mg_limits* limits, const mg_sink* sink, mg_progress* out,
                      mg_error* error) noexcept {
    Progress& progress = self(stream)->progress_;
    const int32_t code = run(self(stream)->connection_, error, [&] {
      progress.flags = 0;
      progress.position.clear();
      progress.as_of_us = 0;
      progress.total = 0;
      progress.note.clear();
      progress.kept = 0;
      Sink mine(sink);
      return self(stream)->read(view(position), *limits, mine, progress);
    });
    if (code != MG_OK) return code;
    out->flags = progress.flags;
    out->position = borrow(progress.position);
    out->as_of_us = progress.as_of_us;
    out->total = progress.total;
    out->note = borrow(progress.note);
    out->kept = progress.kept;
    return code;
  }
  static int32_t lookup(mg_stream* stream, const mg_value* keys, size_t count, size_t width, const mg_sink* sink,
                        mg_error* error) noexcept {
    return run(self(stream)->connection_, error, [&] {
      Sink mine(sink);
      return self(stream)->lookup(Keys(keys, count, width), mine);
    });
  }
  static int32_t settled(mg_stream* stream, mg_str position, mg_error* error) noexcept {
    return run(self(stream)->connection_, error, [&] { return self(stream)->settled(view(position)); });
  }
  static int32_t verify(mg_connection* connection, const mg_setting* settings, size_t count, const mg_person* who, mg_error* error) noexcept {
    return run(self(connection), error, [&] {
      return self(connection)->verify(Settings(settings, count), {view(who->key), view(who->name), view(who->password)});
    });
  }
  static int32_t probe_writer(mg_connection* connection, const mg_setting* settings, size_t count, const mg_text* warn, mg_error* error) noexcept {
    return run(self(connection), error, [&] {
      Text mine(warn);
      return self(connection)->probe_writer(Settings(settings, count), mine);
    });
  }
  static int32_t open_writer(mg_connection* connection, const mg_setting* settings, size_t count, const mg_feed* feed, mg_writer** out, mg_error* error) noexcept {
    *out = nullptr;
    std::unique_ptr<Writer> made;
    const int32_t code = run(self(connection), error, [&] {
      return self(connection)->open_writer(Settings(settings, count), {view(feed->name), view(feed->uid), view(feed->epoch)}, made);
    });
    if (code != MG_OK || made == nullptr) return code;
    made->connection_ = self(connection);
    *out = reinterpret_cast<mg_writer*>(made.release());
    return code;
  }
  static int32_t resume(mg_writer* writer, mg_written* out, mg_error* error) noexcept {
    return run(self(writer)->connection_, error, [&] {
      Written written;
      Status status = self(writer)->resume(written);
      out->known = written.known ? 1 : 0;
      out->through = written.through;
      return status;
    });
  }
  static int32_t fold(mg_writer* writer, const mg_held_sink* sink, mg_error* error) noexcept {
    return run(self(writer)->connection_, error, [&] {
      HeldSink mine(sink);
      return self(writer)->fold(mine);
    });
  }
  static int32_t write(mg_writer* writer, const mg_entry* entries, size_t count, uint64_t through, mg_error* error) noexcept {
    return run(self(writer)->connection_, error, [&] { return self(writer)->write({entries, count}, through); });
  }
  static void close_writer(mg_writer* writer) noexcept { delete self(writer); }
  static void close_stream(mg_stream* stream) noexcept { delete self(stream); }
  static void cancel(mg_connection* connection) noexcept {
    self(connection)->cancelled_.store(true, std::memory_order_release);
    self(connection)->on_cancel();
  }
  static void close(mg_connection* connection) noexcept { delete self(connection); }

  template <class Mine>
  static mg_connector_module module(const Description& description) {
    mg_connector_module out{};
    out.abi = MG_CONNECTOR_ABI;
    out.size = sizeof(mg_connector_module);
    out.name = borrow(description.name);
    out.version = borrow(description.version);
    out.summary = borrow(description.summary);
    out.connection_options = description.connection_options.data();
    out.connection_option_count = description.connection_options.size();
    out.stream_options = description.stream_options.data();
    out.stream_option_count = description.stream_options.size();
    out.open = &Fence::open<Mine>;
    out.check = &Fence::check;
    out.discover = &Fence::discover;
    out.setup = &Fence::setup;
    out.open_stream = &Fence::open_stream;
    out.read = &Fence::read;
    out.lookup = &Fence::lookup;
    out.settled = &Fence::settled;
    out.close_stream = &Fence::close_stream;
    out.cancel = &Fence::cancel;
    out.close = &Fence::close;
    out.verify = &Fence::verify;
    if (description.writer_options.empty()) return out;
    out.writer_options = description.writer_options.data();
    out.writer_option_count = description.writer_options.size();
    out.probe_writer = &Fence::probe_writer;
    out.open_writer = &Fence::open_writer;
    out.resume = &Fence::resume;
    out.fold = &Fence::fold;
    out.write = &Fence::write;
    out.close_writer = &Fence::close_writer;
    return out;
  }
};

}  // namespace meshgate::sdk

/// Once per plugin, outside any namespace: the Connection class and a Description. A host of another ABI gets the module all the same: it
/// reads `abi` first, and can then name both numbers.
#define MESHGATE_CONNECTOR(ConnectionClass, description)                                                       \
  extern "C" const mg_connector_module* mg_connector_entry(uint32_t) {                                         \
    static const mg_connector_module module = ::meshgate::sdk::Fence::module<ConnectionClass>(description);    \
    return &module;                                                                                            \
  }
