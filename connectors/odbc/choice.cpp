#include "connectors/odbc/choice.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "connectors/odbc/text.hpp"
#include "connectors/odbc/value.hpp"

namespace meshgate::odbc {

namespace {

constexpr std::int64_t kYear1 = -62'135'596'800'000'000;

/// Names that people give to a column that is set at each change.
constexpr std::array<std::string_view, 10> kUsualNames = {"updated_at", "modified_at", "changed_at",   "last_update", "last_updated",
                                                          "last_modified", "modified", "updated", "date_modified", "modify_date"};

const ColumnFacts* facts_of(const std::vector<ColumnFacts>& facts, const std::string& column) {
  const auto found = std::ranges::find(facts, column, &ColumnFacts::column);
  return found == facts.end() ? nullptr : &*found;
}

const Column* column_of(const Table& table, const std::string& name) {
  const auto exact = std::ranges::find(table.columns, name, &Column::name);
  if (exact != table.columns.end()) return &*exact;
  const auto loose = std::ranges::find_if(table.columns, [&](const Column& column) { return same_word(column.name, name); });
  return loose == table.columns.end() ? nullptr : &*loose;
}

std::string shown(std::optional<std::chrono::milliseconds> every) {
  if (!every) return "never";
  const auto ms = every->count();
  if (ms % 3'600'000 == 0 && ms > 0) return "every " + std::to_string(ms / 3'600'000) + "h";
  if (ms % 60'000 == 0 && ms > 0) return "every " + std::to_string(ms / 60'000) + "m";
  return "every " + (ms % 1000 == 0 ? std::to_string(ms / 1000) + "s" : std::to_string(ms) + "ms");
}

/// A zone of its own kind of value: what SQLite keeps is compared with what it keeps, never with a clock.
bool needs_zone(const Column& column, Engine engine) { return column.type == MG_TIMESTAMP && engine != Engine::sqlite; }

sdk::Status read_zone(const TrackWish& wish, const Table& table, const Column& column, Engine engine, TrackRule& out) {
  if (!needs_zone(column, engine)) return {};
  const auto zone = parse_zone(wish.zone);
  if (zone) return out.zone = *zone, sdk::Status{};
  const std::string what = wish.zone.empty() ? "column '" + column.name + "' of " + table.said + " keeps times without a zone"
                                             : "`zone: " + wish.zone + "` is no zone";
  return sdk::failure(MG_CONFIG, what + ": say in `zone:` in which one they are written (`zone: UTC`, `zone: \"+01:00\"`; where there is summer time, the offset in winter)");
}

sdk::Status read_overlap(const TrackWish& wish, TrackRule& out) {
  if (wish.overlap.empty()) return {};
  std::int64_t number = 0;
  const char* end = wish.overlap.data() + wish.overlap.size();
  const auto digits = std::from_chars(wish.overlap.data(), end, number);
  const auto span = parse_interval(wish.overlap);
  if (out.kind == TrackKind::number && digits.ec == std::errc{} && digits.ptr == end && number >= 0) return out.overlap = number, sdk::Status{};
  if (out.kind == TrackKind::time && span && span->every) return out.overlap = std::chrono::microseconds(*span->every).count(), sdk::Status{};
  return sdk::failure(MG_CONFIG, "`overlap: " + wish.overlap + "` does not fit a column of " +
                                     (out.kind == TrackKind::time ? "times: write a duration, as in `overlap: 15m`" : "numbers: write a number, as in `overlap: 1000`"));
}

std::string rounds(const Schedule& schedule, const std::string& why_keys) {
  return "keys " + shown(schedule.sweep) + (schedule.sweep && schedule.sweep_by_cost ? " or less often" : "") + " (" + why_keys + "), all rows " + shown(schedule.verify);
}

/// What goes for a followed table, for people.
std::string how(const TrackWish& wish, const Column& column, const ColumnFacts* facts) {
  std::string out = "reads what changed by column '" + column.name + "', " + rounds(wish.schedule, "for deletes");
  if (facts != nullptr && !facts->indexed) out += "; no index begins with it, so each poll reads the whole table in the database";
  if (column.nullable) out += "; it may be NULL, and a change of such a row is only found with all rows";
  return out;
}

/// Nothing is followed; what could be, and how to ask for it.
std::string why_scan(const Table& table, const std::vector<ColumnFacts>& facts, Engine engine) {
  for (const Column& column : table.columns) {
    const ColumnFacts* known = facts_of(facts, column.name);
    const bool usual = std::ranges::any_of(kUsualNames, [&](std::string_view name) { return same_word(column.name, name); });
    if (track_kind(column) != TrackKind::time || !(usual || (known != nullptr && known->kept))) continue;
    std::string out = "compares all rows at each interval; if every insert and update sets column '" + column.name + "', `track: " + column.name + "`";
    if (needs_zone(column, engine)) out += " with `zone:`";
    out += " reads only what changed";
    if (known != nullptr && !known->indexed) out += " (give it an index first)";
    return out;
  }
  return "compares all rows at each interval";
}

/// Only what the database itself guarantees is chosen without being asked for.
const Column* surely_kept(const Table& table, const std::vector<ColumnFacts>& facts) {
  for (const Column& column : table.columns) {
    const ColumnFacts* known = facts_of(facts, column.name);
    if (known != nullptr && known->kept && known->indexed && !column.nullable && column.type == MG_TIMESTAMPTZ) return &column;
  }
  return nullptr;
}

sdk::Status take(const TrackWish& wish, const Table& table, const Column& column, const ColumnFacts* facts, Engine engine, Choice& out) {
  const auto kind = track_kind(column);
  if (!kind) {
    return sdk::failure(MG_CONFIG, "column '" + column.name + "' of " + table.said + " is of type " + column.native +
                                       " and cannot be tracked: name one of a timestamp or an integer type, or `track: scan`");
  }
  out.column = column.name;
  out.rule.kind = *kind;
  out.rule.compares = wish.schedule.verify.has_value();
  if (sdk::Status failed = read_zone(wish, table, column, engine, out.rule); !failed.ok()) return failed;
  if (sdk::Status failed = read_overlap(wish, out.rule); !failed.ok()) return failed;
  if (facts != nullptr && facts->at_once > 1 && !out.rule.overlap) {
    return sdk::failure(MG_CONFIG, "the sequence of column '" + column.name + "' of " + table.said + " gives each session " + std::to_string(facts->at_once) +
                                       " numbers at once, which come late: ALTER SEQUENCE … CACHE 1, or name in `overlap:` how many numbers behind the greatest one can still be committed");
  }
  out.note = how(wish, column, facts);
  return {};
}

}  // namespace

std::string journal_note(const TrackWish& wish, const std::string& journal) {
  return "reads what changed from the journal '" + journal + "', " + rounds(wish.schedule, "for what fires no trigger");
}

std::vector<ColumnFacts> column_facts(const std::vector<std::vector<std::string>>& rows) {
  std::vector<ColumnFacts> out;
  for (const auto& row : rows) {
    if (row.size() != 4) continue;
    ColumnFacts& one = out.emplace_back(ColumnFacts{.column = row[0], .indexed = row[1] == "1", .kept = row[2] == "1"});
    std::from_chars(row[3].data(), row[3].data() + row[3].size(), one.at_once);
  }
  return out;
}

std::optional<TrackKind> track_kind(const Column& column) {
  switch (column.type) {
    case MG_TIMESTAMP:
    case MG_TIMESTAMPTZ: return TrackKind::time;
    case MG_INT64:
    case MG_UINT64: return TrackKind::number;
    default: return std::nullopt;
  }
}

std::optional<std::int64_t> parse_zone(std::string_view text) {
  if (same_word(text, "UTC")) return 0;
  if (text.size() < 5 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  // The clock of 1970-01-01 in that zone and in UTC.
  const auto there = parse_timestamp("1970-01-02 00:00:00" + std::string(text), true);
  return there ? std::optional(86'400'000'000 - *there) : std::nullopt;
}

std::string bound_text(const Column& column, TrackKind kind, Engine engine, std::int64_t bound) {
  if (kind == TrackKind::number) return bound < 0 ? "" : std::to_string(bound);
  if (bound < kYear1) return "";
  if (engine != Engine::sqlite) return parameter_text(column, engine, sdk::integer_value(column.type, bound));
  // Compared as text: the shortest form is not behind any other of the same moment.
  std::string out = timestamp_text(bound);
  out.erase(out.find_last_not_of('0') + 1);
  if (out.ends_with('.')) out.pop_back();
  return out;
}

sdk::Status choose_track(const TrackWish& wish, const Table& table, const std::vector<ColumnFacts>& facts, Engine engine, Blind blind, Choice& out) {
  out = {};
  if (wish.track == "scan") return {};
  if (!wish.track.empty()) {
    const Column* column = column_of(table, wish.track);
    if (column == nullptr) return sdk::failure(MG_CONFIG, table.said + " has no column '" + wish.track + "': name in `track:` one that it has, or `scan`");
    return take(wish, table, *column, facts_of(facts, column->name), engine, out);
  }
  const Column* column = surely_kept(table, facts);
  if (column != nullptr && blind == Blind::no) {
    if (sdk::Status failed = take(wish, table, *column, facts_of(facts, column->name), engine, out); !failed.ok()) return failed;
    out.note += "; chosen because the database sets the column at each change; `track: scan` compares all rows instead";
    return {};
  }
  out.note = why_scan(table, facts, engine);
  return {};
}

}  // namespace meshgate::odbc
