#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "connectors/sdk/connector.hpp"
#include "tests/integration/odbc/sql.hpp"

namespace meshgate::odbc_test {

/// What a read emitted, as text: "null", numbers as digits, text as it is, other things as "kind:…".
struct Emitted {
  std::vector<std::string> names;
  std::vector<std::string> natives;
  std::vector<std::int32_t> types;
  std::vector<std::map<std::string, std::string>> rows;  ///< also those with a fault
  std::vector<std::string> faults;                       ///< one per row, mostly empty
  std::vector<mg_value> firsts;                          ///< the first value of each row, to look it up
  std::deque<std::string> first_texts;                   ///< what those borrow from
  std::vector<std::int32_t> operations;                  ///< one per row
  std::vector<bool> late;                                ///< one per row
};

inline std::string shown(const mg_value& value) {
  const std::string text = value.kind >= MG_DECIMAL && value.s.data != nullptr ? std::string(value.s.data, value.s.size) : "";
  char number[64];
  switch (value.kind) {
    case MG_NULL: return "null";
    case MG_BOOL:
    case MG_INT64:
    case MG_DATE:
    case MG_TIME:
    case MG_TIMESTAMP:
    case MG_TIMESTAMPTZ: return std::to_string(value.i);
    case MG_UINT64: return std::to_string(value.u);
    case MG_FLOAT32:
    case MG_FLOAT64: std::snprintf(number, sizeof number, "%.17g", value.f); return number;
    case MG_BYTES:
    case MG_UUID: {
      std::string out;
      for (const char c : std::string_view(value.s.data, value.s.size)) {
        std::snprintf(number, sizeof number, "%02x", static_cast<unsigned char>(c));
        out += number;
      }
      return out;
    }
    default: return {value.s.data, value.s.size};
  }
}

inline mg_sink keeping(Emitted& into) {
  mg_sink out{};
  out.size = sizeof out;
  out.ctx = &into;
  out.columns = [](void* ctx, const mg_column* columns, std::size_t count) -> std::int32_t {
    auto& to = *static_cast<Emitted*>(ctx);
    to.names.clear(), to.natives.clear(), to.types.clear();
    for (std::size_t i = 0; i < count; ++i) {
      to.names.emplace_back(sdk::view(columns[i].name));
      to.natives.emplace_back(sdk::view(columns[i].native));
      to.types.push_back(columns[i].type);
    }
    return MG_OK;
  };
  out.emit = [](void* ctx, const mg_record* record) -> std::int32_t {
    auto& to = *static_cast<Emitted*>(ctx);
    auto& row = to.rows.emplace_back();
    for (std::size_t i = 0; i < record->value_count; ++i) row[to.names[i]] = shown(record->values[i]);
    to.faults.emplace_back(sdk::view(record->fault));
    mg_value& first = to.firsts.emplace_back(record->values[0]);
    const bool borrows = first.kind >= MG_DECIMAL && (first.kind < MG_DATE || first.kind > MG_TIMESTAMPTZ);
    if (borrows && first.s.data != nullptr) first.s = sdk::borrow(to.first_texts.emplace_back(first.s.data, first.s.size));
    to.operations.push_back(record->operation);
    to.late.push_back(record->late != 0);
    return MG_OK;
  };
  return out;
}

inline mg_limits generous() {
  mg_limits out{};
  out.size = sizeof out;
  out.max_wait_ms = 60000;
  out.max_records = 1'000'000;
  out.max_bytes = UINT64_MAX;
  return out;
}

/// The connector, spoken to as the host does, but without its checks.
class Source {
 public:
  explicit Source(Settings settings) : settings_(std::move(settings)) {
    const auto given = borrowed(settings_);
    code_ = module().open(&host_, given.data(), given.size(), &connection_, &error_);
  }
  ~Source() {
    close_stream();
    if (connection_ != nullptr) module().close(connection_);
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  std::int32_t check() { return code_ != MG_OK ? code_ : module().check(connection_, &error_); }
  std::int32_t open(const Settings& stream, const std::string& reader = {}) {
    if (code_ != MG_OK) return code_;
    close_stream();
    const auto given = borrowed(stream);
    return module().open_stream(connection_, given.data(), given.size(), sdk::borrow(reader), &stream_, &error_);
  }
  std::int32_t read(Emitted& into, std::string& position, mg_limits limits = generous()) {
    const mg_sink sink = keeping(into);
    progress_ = {};
    const std::int32_t code = module().read(stream_, sdk::borrow(position), &limits, &sink, &progress_, &error_);
    if (code == MG_OK) position = sdk::view(progress_.position);
    return code;
  }
  /// A whole scan; failures are test failures.
  Emitted scan(const Settings& stream) {
    Emitted out;
    if (open(stream) != MG_OK) {
      ADD_FAILURE() << message();
      return out;
    }
    std::string position;
    do {
      if (read(out, position) != MG_OK) {
        ADD_FAILURE() << message();
        break;
      }
    } while ((progress_.flags & MG_SCAN_ENDED) == 0);
    return out;
  }
  std::int32_t lookup(Emitted& into, const std::vector<mg_value>& keys, std::size_t width) {
    const mg_sink sink = keeping(into);
    return module().lookup(stream_, keys.data(), keys.size() / width, width, &sink, &error_);
  }
  std::int32_t settled(const std::string& position) { return module().settled(stream_, sdk::borrow(position), &error_); }
  /// `text` gets what is told.
  std::int32_t setup(const Settings& stream, std::int32_t action, bool tell, std::string& text, const Settings& login = {}) {
    if (code_ != MG_OK) return code_;
    const auto given = borrowed(stream);
    const auto other = borrowed(login);
    mg_setup wish{};
    wish.size = sizeof wish;
    wish.action = action;
    wish.tell = tell ? 1 : 0;
    wish.login = other.data();
    wish.login_count = other.size();
    const mg_text sink{sizeof(mg_text), &text, [](void* ctx, mg_str said) { static_cast<std::string*>(ctx)->append(sdk::view(said)); }};
    return module().setup(connection_, given.data(), given.size(), &wish, &sink, &error_);
  }
  void cancel() { module().cancel(connection_); }
  [[nodiscard]] std::string message() const { return error_.message; }
  [[nodiscard]] const mg_progress& progress() const { return progress_; }

 private:
  static const mg_connector_module& module() { return *mg_connector_entry(MG_CONNECTOR_ABI); }
  static std::vector<mg_setting> borrowed(const Settings& from) {
    std::vector<mg_setting> out;
    for (const auto& [name, value] : from) out.push_back({sdk::borrow(name), sdk::borrow(value)});
    return out;
  }
  void close_stream() {
    if (stream_ != nullptr) module().close_stream(stream_);
    stream_ = nullptr;
  }

  Settings settings_;
  mg_host host_{};
  mg_error error_{};
  mg_progress progress_{};
  std::int32_t code_ = MG_OK;
  mg_connection* connection_ = nullptr;
  mg_stream* stream_ = nullptr;
};

inline Settings with(Settings settings, const std::string& name, const std::string& value) {
  for (auto& [key, old] : settings) {
    if (key == name) {
      old = value;
      return settings;
    }
  }
  settings.emplace_back(name, value);
  return settings;
}

}  // namespace meshgate::odbc_test
