#pragma once

// The C++ veneer over connector.h: an author writes a Connection and a Stream and names them with MESHGATE_CONNECTOR (module.hpp), which makes
// the entry function and the fence. Failures are returned as Status or thrown; whatever is thrown stops at the fence.

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/sdk/connector.h"
#include "connectors/sdk/status.hpp"
#include "connectors/sdk/values.hpp"
#include "connectors/sdk/writer.hpp"

namespace meshgate::sdk {

/// A table of columns that owns its names. Its array may be announced as often as needed.
class Columns {
 public:
  Columns() = default;
  Columns(const Columns& other) { *this = other; }
  Columns& operator=(const Columns& other) {
    if (this == &other) return *this;
    clear();
    for (const mg_column& column : other.all_) add(view(column.name), column.type, view(column.native), column.nullable != 0, column.key);
    return *this;
  }
  Columns(Columns&&) noexcept = default;
  Columns& operator=(Columns&&) noexcept = default;

  /// `key`: 1, 2, …: place in the key; 0: not in it. Returns the column's place.
  size_t add(std::string_view name, int32_t type, std::string_view native = {}, bool nullable = true, uint32_t key = 0) {
    mg_column column{};
    column.size = sizeof(mg_column);
    column.type = type;
    column.name = borrow(texts_.emplace_back(name));
    column.native = borrow(texts_.emplace_back(native));
    column.nullable = nullable ? 1 : 0;
    column.key = key;
    all_.push_back(column);
    return all_.size() - 1;
  }
  void clear() {
    all_.clear();
    texts_.clear();
  }
  [[nodiscard]] std::optional<size_t> find(std::string_view name) const {
    for (size_t i = 0; i < all_.size(); ++i) {
      if (view(all_[i].name) == name) return i;
    }
    return std::nullopt;
  }
  [[nodiscard]] std::span<const mg_column> all() const { return all_; }
  [[nodiscard]] size_t size() const { return all_.size(); }
  mg_column& operator[](size_t at) { return all_[at]; }
  const mg_column& operator[](size_t at) const { return all_[at]; }

 private:
  std::deque<std::string> texts_;  // a deque never moves its texts
  std::vector<mg_column> all_;
};

/// The host's ear during one read() or lookup(). Each call returns false when the host wants no more: return what was read so far.
class Sink {
 public:
  explicit Sink(const mg_sink* sink) : sink_(sink) {}

  [[nodiscard]] bool columns(std::span<const mg_column> columns) { return sink_->columns(sink_->ctx, columns.data(), columns.size()) == MG_OK; }
  [[nodiscard]] bool emit(const mg_record& record) { return sink_->emit(sink_->ctx, &record) == MG_OK; }
  [[nodiscard]] bool upsert(std::span<const mg_value> values, int64_t source_time_us = 0) {
    return emit(record(MG_UPSERT, values, source_time_us));
  }
  /// The source itself reports that it is gone; only key values are set.
  [[nodiscard]] bool remove(std::span<const mg_value> values, int64_t source_time_us = 0) {
    return emit(record(MG_DELETE, values, source_time_us));
  }
  /// Within a scan: it is there, and that is all that is said of it; only key values are set.
  [[nodiscard]] bool present(std::span<const mg_value> values) { return emit(record(MG_PRESENT, values, 0)); }
  /// An upsert that an earlier read should have shown.
  [[nodiscard]] bool late(std::span<const mg_value> values) {
    mg_record out = record(MG_UPSERT, values, 0);
    out.late = 1;
    return emit(out);
  }
  /// A record that cannot be had exactly: why, and how the source gave it.
  [[nodiscard]] bool fault(std::span<const mg_value> values, std::string_view reason, std::string_view raw = {}) {
    mg_record out = record(MG_UPSERT, values, 0);
    out.fault = borrow(reason);
    out.raw = borrow(raw);
    return emit(out);
  }

 private:
  static mg_record record(int32_t operation, std::span<const mg_value> values, int64_t source_time_us) {
    mg_record out{};
    out.size = sizeof(mg_record);
    out.operation = operation;
    out.values = values.data();
    out.value_count = values.size();
    out.source_time_us = source_time_us;
    return out;
  }

  const mg_sink* sink_;
};

/// Counts a read against its limits; looks at the clock every 64 records only.
class Budget {
 public:
  using Clock = std::chrono::steady_clock;
  explicit Budget(const mg_limits& limits) : limits_(limits), end_(Clock::now() + std::chrono::milliseconds(limits.max_wait_ms)) {}

  void spend(uint64_t bytes) {
    ++records_;
    bytes_ += bytes;
  }
  void spend(std::span<const mg_value> values) {
    uint64_t bytes = 0;
    for (const mg_value& value : values) bytes += bytes_of(value);
    spend(bytes);
  }
  /// Ask before each record: false when this read should return.
  [[nodiscard]] bool left() const {
    if (records_ >= limits_.max_records || bytes_ >= limits_.max_bytes) return false;
    return records_ == 0 || records_ % 64 != 0 || Clock::now() < end_;
  }
  [[nodiscard]] uint64_t records() const { return records_; }
  [[nodiscard]] Clock::time_point end() const { return end_; }
  [[nodiscard]] std::chrono::milliseconds time_left() const {
    return std::max(std::chrono::milliseconds(0), std::chrono::duration_cast<std::chrono::milliseconds>(end_ - Clock::now()));
  }

 private:
  mg_limits limits_;
  Clock::time_point end_;
  uint64_t records_ = 0;
  uint64_t bytes_ = 0;
};

/// A connection's or stream's settings, copied, in the order given. The host has validated them and filled in defaults.
class Settings {
 public:
  Settings() = default;
  Settings(const mg_setting* settings, size_t count) {
    all_.reserve(count);
    for (size_t i = 0; i < count; ++i) all_.emplace_back(view(settings[i].name), view(settings[i].value));
  }

  [[nodiscard]] const std::string* find(std::string_view name) const {
    for (const auto& [key, value] : all_) {
      if (key == name) return &value;
    }
    return nullptr;
  }
  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  [[nodiscard]] std::string text(std::string_view name, std::string_view otherwise = {}) const {
    const std::string* found = find(name);
    return found == nullptr ? std::string(otherwise) : *found;
  }
  /// Also durations (milliseconds) and sizes (bytes).
  [[nodiscard]] int64_t integer(std::string_view name, int64_t otherwise = 0) const {
    const std::string* found = find(name);
    int64_t value = otherwise;
    if (found != nullptr) std::from_chars(found->data(), found->data() + found->size(), value);
    return value;
  }
  [[nodiscard]] std::chrono::milliseconds duration(std::string_view name, std::chrono::milliseconds otherwise) const {
    return std::chrono::milliseconds(integer(name, otherwise.count()));
  }
  [[nodiscard]] bool boolean(std::string_view name, bool otherwise = false) const {
    const std::string* found = find(name);
    return found == nullptr ? otherwise : *found == "true" || *found == "1";
  }
  [[nodiscard]] std::vector<std::string> list(std::string_view name) const {
    std::vector<std::string> out;
    for (const auto& [key, value] : all_) {
      if (key == name) out.push_back(value);
    }
    return out;
  }
  /// For options with any_name (driver keywords).
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

/// Log lines to the host. Valid as long as the connection; never put a secret in.
class Host {
 public:
  explicit Host(const mg_host* host) : host_(host) {}
  void debug(std::string_view text) const { log(0, text); }
  void info(std::string_view text) const { log(1, text); }
  void warning(std::string_view text) const { log(2, text); }
  void error(std::string_view text) const { log(3, text); }
  void log(int32_t level, std::string_view text) const {
    if (host_ != nullptr && host_->log != nullptr) host_->log(host_->ctx, level, borrow(text));
  }

 private:
  const mg_host* host_;
};

/// A stream that was found, as in mg_found.
struct Found {
  std::string_view name;
  std::string_view group;
  std::string_view title;
  bool own = true;
};

/// Where discover() puts what it finds; false: the host wants no more.
class Catalog {
 public:
  explicit Catalog(const mg_catalog* catalog) : catalog_(catalog) {}
  /// The host does not look at columns.
  [[nodiscard]] bool names_only() const { return catalog_->names_only != 0; }
  [[nodiscard]] bool stream(const Found& found, std::span<const mg_column> columns) {
    const mg_found out{.size = sizeof(mg_found),
                       .own = found.own,
                       .reserved = {},
                       .name = borrow(found.name),
                       .group = borrow(found.group),
                       .title = borrow(found.title),
                       .columns = columns.data(),
                       .column_count = columns.size()};
    return catalog_->stream(catalog_->ctx, &out) == MG_OK;
  }
  /// One that stands in nothing and is called as its option takes it.
  [[nodiscard]] bool stream(std::string_view name, std::span<const mg_column> columns) { return stream({.name = name, .group = {}, .title = name}, columns); }

 private:
  const mg_catalog* catalog_;
};

/// What a read covered; see mg_progress. Cleared before each read; the buffers of `position` and `note` stay.
struct Progress {
  uint32_t flags = 0;
  std::string position;
  int64_t as_of_us = 0;
  uint64_t total = 0;
  std::string note;
  uint64_t kept = 0;
};

/// Keys asked for in a lookup(): `width` values each.
class Keys {
 public:
  Keys(const mg_value* values, size_t count, size_t width) : values_(values), count_(count), width_(width) {}
  [[nodiscard]] size_t size() const { return count_; }
  [[nodiscard]] size_t width() const { return width_; }
  [[nodiscard]] std::span<const mg_value> operator[](size_t at) const { return {values_ + at * width_, width_}; }

 private:
  const mg_value* values_;
  size_t count_;
  size_t width_;
};

/// What to make or remove in the source, and who does it; see mg_setup.
struct Setup {
  int32_t action = MG_SETUP_STATE;
  bool tell = false;
  Settings login;
  std::string_view reader;
};

/// Text for people, piece by piece.
class Text {
 public:
  explicit Text(const mg_text* text) : text_(text) {}
  void say(std::string_view text) { text_->say(text_->ctx, borrow(text)); }

 private:
  const mg_text* text_;
};

/// Somebody who wants to sign in; see mg_person.
struct Person {
  std::string_view key;
  std::string_view name;
  std::string_view password;
};

class Connection;

/// One table, topic or folder, read for one feed.
class Stream {
 public:
  Stream() = default;
  virtual ~Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  virtual Status read(std::string_view position, const mg_limits& limits, Sink& sink, Progress& out) = 0;
  virtual Status lookup(const Keys& keys, Sink& sink) = 0;
  /// What was read up to this Position is durable; only sources that keep something for their readers care.
  virtual Status settled(std::string_view) { return {}; }

 private:
  friend struct Fence;
  Connection* connection_ = nullptr;
  Progress progress_;
};

/// A conversation with one source. The connector's own class also has
///   static Status open(const Host&, Settings, std::unique_ptr<Connection>& out);   // does not reach out
class Connection {
 public:
  Connection() = default;
  virtual ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  virtual Status check() = 0;
  virtual Status discover(Catalog& catalog) = 0;
  /// `reader`: who reads; see connector.h.
  virtual Status open_stream(const Settings& settings, std::string_view reader, std::unique_ptr<Stream>& out) = 0;
  virtual Status setup(const Settings&, const Setup&, Text&) { return failure(MG_UNSUPPORTED, "this connector needs nothing in its source"); }
  /// Whether this is that person's password; see mg_connector_module.
  virtual Status verify(const Settings&, const Person&) { return failure(MG_UNSUPPORTED, "this connector checks no passwords"); }
  /// The second role, of a connector whose Description has writer_options.
  virtual Status probe_writer(const Settings&, Text&) { return failure(MG_UNSUPPORTED, "this connector does not write"); }
  virtual Status open_writer(const Settings&, const WrittenFeed&, std::unique_ptr<Writer>&) { return failure(MG_UNSUPPORTED, "this connector does not write"); }
  /// Called on another thread, once per cancel: wake whatever blocks. The flag is set already.
  virtual void on_cancel() noexcept {}

  /// Stays set: the running call and all later ones end with MG_CANCELLED, whatever they return.
  [[nodiscard]] bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }

 private:
  friend struct Fence;
  std::atomic<bool> cancelled_{false};
};

/// What a connector says of itself. The arrays must live as long as the program.
struct Description {
  std::string_view name;
  std::string_view version;
  std::string_view summary;
  std::span<const mg_option> connection_options;
  std::span<const mg_option> stream_options;
  std::span<const mg_option> writer_options = {};  ///< none: it does not write
};

struct Option {
  std::string_view name;
  int32_t type = MG_OPTION_TEXT;
  std::string_view help;
  std::string_view fallback = {};  ///< as it would be written; data NULL: none
  bool required = false;
  bool secret = false;
  bool any_name = false;
  bool pace = false;
  bool stream_name = false;
};
constexpr mg_option option(const Option& from) {
  return {.size = sizeof(mg_option),
          .type = from.type,
          .name = borrow(from.name),
          .fallback = borrow(from.fallback),
          .help = borrow(from.help),
          .required = from.required,
          .secret = from.secret,
          .any_name = from.any_name,
          .pace = from.pace,
          .stream_name = from.stream_name};
}

}  // namespace meshgate::sdk
