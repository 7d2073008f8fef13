#include "tests/unit/ingest/scripted_source.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <thread>

#include "connectors/sdk/module.hpp"

namespace meshgate::ingest {

namespace {

ScriptedTable* the_table = nullptr;

class ScriptedStream : public sdk::Stream {
 public:
  explicit ScriptedStream(std::string name) : name_(std::move(name)) {}
  ~ScriptedStream() override { hold(false); }

  sdk::Status read(std::string_view position, const mg_limits& limits, sdk::Sink& sink, sdk::Progress& out) override {
    ++the_table->reads;
    the_table->read_of.push_back(name_);
    if (name_.starts_with("slow")) std::this_thread::sleep_for(the_table->slow);
    if (the_table->fail) {
      const auto [code, message] = *std::exchange(the_table->fail, std::nullopt);
      return sdk::failure(code, message);
    }
    if (the_table->rests && position == "idle") {
      out.flags = MG_IDLE | (the_table->listens ? MG_LISTENS : 0);
      out.position = position;
      the_table->most_wait = limits.max_wait_ms;
      return {};
    }
    if ((limits.flags & MG_LIGHT) != 0) {
      out.flags = MG_IDLE | MG_SCAN_WAITS;
      hold(false);
      out.position = position;
      return {};
    }
    const bool begins = position.empty() || position == "idle";
    if (!announce(sink)) return {};
    std::int64_t last = begins ? INT64_MIN : std::strtoll(std::string(position).c_str(), nullptr, 10);
    std::size_t given = 0;
    bool more = false;
    for (const auto& [id, row] : the_table->rows) {
      if (the_table->hidden || the_table->passed_over.contains(id) || id <= last) continue;
      if (given == std::min<std::size_t>(the_table->page, limits.max_records)) {
        more = true;
        break;
      }
      if (!(the_table->keys_only ? confirm(sink, id, row) : give(sink, id, row))) break;
      last = id;
      ++given;
    }
    for (const std::int64_t id : std::exchange(the_table->reported, {})) {
      auto gone = values({});
      gone[0] = sdk::int64_value(id);
      if (!sink.remove(std::span(gone).first(width()))) return {};
    }
    if (begins && the_table->unreadable_key) {
      const auto nothing = values({});
      if (!sink.fault(std::span(nothing).first(width()), "id cannot be read", "?")) return {};
    }
    the_table->given.push_back(given);
    more = more || the_table->endless;
    out.flags = MG_SCANNING | (begins ? MG_SCAN_BEGAN : 0) | (more ? 0 : MG_SCAN_ENDED | (the_table->listens ? 0 : MG_IDLE) | (the_table->scans_again ? MG_SCANS_AGAIN : 0));
    hold(more && the_table->holds && (the_table->clings || (limits.flags & MG_LET_GO) == 0));
    if (the_table->polls) out.flags = more ? 0 : MG_IDLE;
    if (open_) out.flags |= MG_OPEN;
    out.note = the_table->note;
    out.position = more ? std::to_string(last) : "idle";
    out.as_of_us = the_table->as_of;
    out.total = the_table->rows.size();
    return {};
  }

  sdk::Status settled(std::string_view position) override {
    the_table->settled.emplace_back(position);
    if (the_table->fail_settled == MG_OK) return {};
    return sdk::failure(std::exchange(the_table->fail_settled, MG_OK), "what was read cannot be settled");
  }

  sdk::Status lookup(const sdk::Keys& keys, sdk::Sink& sink) override {
    ++the_table->lookups;
    if (std::exchange(the_table->fail_lookup, false)) return sdk::failure(MG_RECONNECT, "the server has gone away");
    if (!announce(sink)) return {};
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto row = the_table->rows.find(keys[i][0].i);
      if (row != the_table->rows.end() && !give(sink, row->first, row->second)) break;
    }
    return {};
  }

 private:
  void hold(bool open) {
    the_table->open = the_table->open + (open ? 1 : 0) - (open_ ? 1 : 0);
    the_table->most_open = std::max(the_table->most_open, the_table->open);
    open_ = open;
  }

  static std::size_t width() { return the_table->extra_column ? 4 : 3; }

  bool announce(sdk::Sink& sink) {
    columns_.clear();
    columns_.add("id", MG_INT64, "bigint", false, 1);
    columns_.add("name", MG_TEXT);
    columns_.add("zone", MG_TEXT, "text", false);
    if (the_table->extra_column) columns_.add("extra", MG_INT64);
    return sink.columns(columns_.all());
  }

  static std::array<mg_value, 4> values(std::optional<std::pair<std::int64_t, const ScriptedTable::Row*>> row) {
    std::array<mg_value, 4> out{};
    if (!row) return out;
    out[0] = sdk::int64_value(row->first);
    if (row->second->name) out[1] = sdk::string_value(MG_TEXT, *row->second->name);
    out[2] = sdk::string_value(MG_TEXT, row->second->zone);
    out[3] = sdk::int64_value(7);
    return out;
  }

  static bool confirm(sdk::Sink& sink, std::int64_t id, const ScriptedTable::Row& row) {
    auto all = values(std::pair(id, &row));
    for (std::size_t i = 1; i < all.size(); ++i) all[i] = {};
    return sink.present(std::span(all).first(width()));
  }

  static bool give(sdk::Sink& sink, std::int64_t id, const ScriptedTable::Row& row) {
    const auto all = values(std::pair(id, &row));
    const auto shown = std::span(all).first(width());
    const auto fault = the_table->faults.find(id);
    if (fault != the_table->faults.end()) return sink.fault(shown, fault->second);
    return the_table->late ? sink.late(shown) : sink.upsert(shown, row.time_us);
  }

  const std::string name_;
  bool open_ = false;
  sdk::Columns columns_;
};

class ScriptedConnection : public sdk::Connection {
 public:
  ScriptedConnection() { the_table->most_connected = std::max(the_table->most_connected, ++the_table->connected); }
  ~ScriptedConnection() override { --the_table->connected; }

  static sdk::Status open(const sdk::Host&, sdk::Settings, std::unique_ptr<sdk::Connection>& out) {
    out = std::make_unique<ScriptedConnection>();
    return {};
  }
  sdk::Status check() override { return {}; }
  sdk::Status discover(sdk::Catalog& catalog) override {
    if (the_table->fail_discover) return sdk::failure(MG_RECONNECT, "the catalogue cannot be reached");
    for (const std::string& title : the_table->streams) {
      if (!catalog.stream({.name = "public." + title, .group = "public", .title = title}, {})) break;
    }
    return {};
  }
  sdk::Status open_stream(const sdk::Settings& settings, std::string_view reader, std::unique_ptr<sdk::Stream>& out) override {
    the_table->reader = reader;
    out = std::make_unique<ScriptedStream>(settings.text("table"));
    return {};
  }
};

}  // namespace

plugins::Plugin scripted_plugin(ScriptedTable& table) {
  the_table = &table;
  static constexpr std::array kOptions = {sdk::option({.name = "table", .help = "Any name.", .stream_name = true}),
                                          sdk::option({.name = "shape", .help = "events, or anything."}),
                                          sdk::option({.name = "again", .help = "How often.", .fallback = "daily", .pace = true})};
  static const sdk::Description description{"scripted", "1", "A table in memory.", {}, kOptions};
  static const mg_connector_module module = sdk::Fence::module<ScriptedConnection>(description);
  auto plugin = plugins::Plugin::accept(&module, "scripted");
  if (!plugin) std::abort();
  return std::move(*plugin);
}

}  // namespace meshgate::ingest
