#include "gateway/serve/describe.hpp"

#include <cmath>

#include "mesh/value.hpp"

namespace meshgate::serve {

namespace {

void append_flag(std::string& out, std::string_view name, bool value) {
  out.append(",\"").append(name).append(value ? "\":true" : "\":false");
}

void append_count(std::string& out, std::string_view name, std::uint64_t value) {
  out.append(",\"").append(name).append("\":").append(std::to_string(value));
}

void append_partition(std::string& out, const store::PartitionState& one) {
  out += '{';
  append_member(out, "partition", one.name);
  out += ',';
  append_member(out, "cursor", head_cursor(one.standing));
  append_count(out, "count", one.count);
  out += ',';
  append_member(out, "digest", one.digest.text());
  append_count(out, "floor", number(one.standing.floor));
  out += '}';
}

void append_source(std::string& out, const SourceState& source, bool with_lag) {
  out += ",\"source\":{";
  append_member(out, "name", source.source);
  out += ',';
  append_member(out, "state", source.state);
  if (source.since.count != 0) {
    out += ',';
    append_member(out, "since", utc_text(source.since));
  }
  if (!source.error.empty()) {
    out += ',';
    append_member(out, "error", source.error);
  }
  if (!source.limit.empty()) {
    out += ',';
    append_member(out, "limit", source.limit);
  }
  if (!source.note.empty()) {
    out += ',';
    append_member(out, "note", source.note);
  }
  if (with_lag && source.lag_seconds && std::isfinite(*source.lag_seconds)) {
    // Milliseconds, so that the text is short.
    out.append(",\"lag_seconds\":");
    append_json_integer(out, static_cast<std::int64_t>(*source.lag_seconds));
    const auto thousandths = static_cast<std::int64_t>(*source.lag_seconds * 1000) % 1000;
    out.append(".").append(std::to_string(1000 + std::abs(thousandths)).substr(1));
  }
  out += '}';
}

}  // namespace

void append_member(std::string& out, std::string_view name, std::string_view text) {
  out.append("\"").append(name).append("\":");
  append_json_string(out, mended_utf8(text));
}

std::string head_cursor(const Standing& standing) {
  Cursor cursor;
  cursor.epoch = standing.epoch;
  cursor.seq = standing.head;
  if (standing.unfinished) cursor.high = std::max(standing.owed, standing.head);
  return cursor.text();
}

void append_feed(std::string& out, const store::FeedState& state, const std::optional<SourceState>& source, bool with_lag) {
  out += '{';
  append_member(out, "feed", state.name);
  out += ',';
  append_member(out, "uid", state.uid.bits.hex());
  out += ',';
  append_member(out, "epoch", state.epoch.bits.hex());
  append_count(out, "count", state.count);
  append_flag(out, "divided", state.divided);
  append_flag(out, "loading", state.loading);
  if (state.as_of.count != 0) {
    out += ',';
    append_member(out, "as_of", utc_text(state.as_of));
  }
  if (!state.held.empty()) {
    out += ',';
    append_member(out, "held", state.held);
  }
  append_count(out, "quarantined", state.quarantined);
  if (state.beyond > 0) append_count(out, "quarantine_beyond", state.beyond);
  if (state.expired > 0) append_count(out, "expired", state.expired);
  if (source) append_source(out, *source, with_lag);
  out += ",\"schema\":";
  append_json(out, state.schema);
  out += ",\"partitions\":[";
  const char* comma = "";
  for (const auto& one : state.partitions) {
    out += comma;
    append_partition(out, one);
    comma = ",";
  }
  out += "]}";
}

void append_item(std::string& out, const store::StoredItem& item) {
  out += '{';
  append_member(out, "id", item.id);
  out += ',';
  append_member(out, "rev", item.rev.text());
  out += ',';
  append_member(out, "at", utc_text(item.at));
  out += ",\"partitions\":[";
  const char* comma = "";
  for (const auto& one : item.partitions) {
    out += comma;
    append_json_string(out, one);
    comma = ",";
  }
  out.append("],\"item\":").append(item.content).append("}");
}

}  // namespace meshgate::serve
