#include "mesh/lines.hpp"

#include <simdjson.h>

#include <charconv>

#include "mesh/written_put.hpp"

namespace meshgate {

namespace {

void append_seq(std::string& out, Seq seq) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number(seq)).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

}  // namespace

void append_put(std::string& out, Seq seq, std::string_view id, const Revision& rev, Micros at, std::string_view content) {
  out.append("{\"put\":{\"seq\":");
  append_seq(out, seq);
  out.append(",\"id\":");
  append_json_string(out, id);
  out.append(",\"rev\":\"");
  rev.append_text(out);
  out.append("\",\"at\":\"");
  append_timestamp(out, at);
  out.append("Z\",\"item\":").append(content).append("}}\n");
}

void append_gone(std::string& out, Seq seq, std::string_view id) {
  out.append("{\"gone\":{\"seq\":");
  append_seq(out, seq);
  out.append(",\"id\":");
  append_json_string(out, id);
  out.append("}}\n");
}

void append_schema(std::string& out, const Schema& schema) {
  out.append("{\"schema\":");
  append_json(out, schema);
  out.append("}\n");
}

void append_trim(std::string& out, Seq seq, Seq through) {
  out.append("{\"trim\":{\"seq\":");
  append_seq(out, seq);
  out.append(",\"through\":");
  append_seq(out, through);
  out.append("}}\n");
}

void append_range(std::string& out, const RangeLine& range) {
  out.append("{\"range\":{\"after\":");
  append_seq(out, range.after);
  out.append(",\"to\":");
  append_seq(out, range.to);
  out.append(",\"head\":");
  append_seq(out, range.head);
  out.append(",\"floor\":");
  append_seq(out, range.floor);
  out.append("}}\n");
}

void append_mark(std::string& out, const Mark& mark) {
  out.append("{\"mark\":{\"cursor\":\"").append(mark.cursor.text());
  out.append("\",\"caught_up\":").append(mark.caught_up ? "true" : "false");
  if (mark.loading) out.append(",\"loading\":true");
  out.append(",\"floor\":");
  append_seq(out, mark.floor);
  if (mark.caught_up) {
    out.append(",\"count\":").append(std::to_string(mark.count));
    out.append(",\"digest\":\"").append(mark.digest.text()).append(1, '"');
  }
  if (mark.as_of.count != 0) out.append(",\"as_of\":\"").append(utc_text(mark.as_of)).append(1, '"');
  out.append("}}\n");
}

struct LineParser::State {
  simdjson::ondemand::parser parser;
  std::string padded;  ///< the line, with the padding that simdjson wants behind it

  /// Keeps what the put line borrows. False: its content is not one JSON object and nothing else.
  bool keep(PutLine& put);
};

LineParser::LineParser() : state_(std::make_unique<State>()) {}
LineParser::~LineParser() = default;

namespace {

using simdjson::ondemand::field;
using simdjson::ondemand::object;
using simdjson::ondemand::value;

bool read_seq(value from, Seq& out) {
  std::uint64_t number = 0;
  if (from.get_uint64().get(number) != simdjson::SUCCESS) return false;
  out = Seq{number};
  return true;
}

bool read_instant(value from, Micros& out) {
  std::string_view text;
  if (from.get_string().get(text) != simdjson::SUCCESS || text.empty() || text.back() != 'Z') return false;
  text.remove_suffix(1);
  const auto at = parse_timestamp(text);
  if (!at) return false;
  out = *at;
  return true;
}

bool read_id(value from, std::string_view& out) {
  return from.get_string().get(out) == simdjson::SUCCESS && !out.empty() && out.size() <= 4096;
}

bool read_revision(value from, Revision& out) {
  std::string_view text;
  if (from.get_string().get(text) != simdjson::SUCCESS) return false;
  const auto rev = Revision::parse(text);
  if (!rev) return false;
  out = *rev;
  return true;
}

bool read_content(value from, std::string_view& out) {
  object item;
  if (from.get_object().get(item) != simdjson::SUCCESS) return false;
  if (item.raw_json().get(out) != simdjson::SUCCESS) return false;
  // simdjson's raw text reaches to the next token, and it takes any bracket for the end.
  while (!out.empty() && (out.back() == ' ' || out.back() == '\t' || out.back() == '\r' || out.back() == '\n')) out.remove_suffix(1);
  return !out.empty() && out.back() == '}';
}

bool read_cursor(value from, Cursor& out) {
  std::string_view text;
  if (from.get_string().get(text) != simdjson::SUCCESS) return false;
  const auto cursor = Cursor::parse(text);
  if (!cursor) return false;
  out = *cursor;
  return true;
}

bool read_digest(value from, Digest& out) {
  std::string_view text;
  if (from.get_string().get(text) != simdjson::SUCCESS) return false;
  const auto digest = Digest::parse(text);
  if (!digest) return false;
  out = *digest;
  return true;
}

/// Calls `read(key, value)` for each member; false when the JSON breaks off or a member is not what it must be.
template <class Read>
bool each_member(object from, Read read) {
  for (auto member : from) {
    field one;
    if (std::move(member).get(one) != simdjson::SUCCESS) return false;
    std::string_view key;
    if (one.unescaped_key().get(key) != simdjson::SUCCESS) return false;
    if (!read(key, one.value())) return false;
  }
  return true;
}

bool read_put(object from, PutLine& out) {
  unsigned have = 0;
  const bool fine = each_member(from, [&](std::string_view key, value member) {
    if (key == "seq") return have |= 1U, read_seq(member, out.seq);
    if (key == "id") return have |= 2U, read_id(member, out.id);
    if (key == "rev") return have |= 4U, read_revision(member, out.rev);
    if (key == "at") return have |= 8U, read_instant(member, out.at);
    if (key == "item") return have |= 16U, read_content(member, out.content);
    return true;
  });
  return fine && have == 31U;
}

bool read_gone(object from, GoneLine& out) {
  unsigned have = 0;
  const bool fine = each_member(from, [&](std::string_view key, value member) {
    if (key == "seq") return have |= 1U, read_seq(member, out.seq);
    if (key == "id") return have |= 2U, read_id(member, out.id);
    return true;
  });
  return fine && have == 3U;
}

bool read_trim(object from, TrimLine& out) {
  unsigned have = 0;
  const bool fine = each_member(from, [&](std::string_view key, value member) {
    if (key == "seq") return have |= 1U, read_seq(member, out.seq);
    if (key == "through") return have |= 2U, read_seq(member, out.through);
    return true;
  });
  return fine && have == 3U;
}

bool read_range(object from, RangeLine& out) {
  unsigned have = 0;
  const bool fine = each_member(from, [&](std::string_view key, value member) {
    if (key == "after") return have |= 1U, read_seq(member, out.after);
    if (key == "to") return have |= 2U, read_seq(member, out.to);
    if (key == "head") return have |= 4U, read_seq(member, out.head);
    if (key == "floor") return have |= 8U, read_seq(member, out.floor);
    return true;
  });
  return fine && have == 15U && out.after < out.to && out.to <= out.head && out.floor <= out.head;
}

bool read_mark(object from, Mark& out) {
  unsigned have = 0;
  const bool fine = each_member(from, [&](std::string_view key, value member) {
    if (key == "cursor") return have |= 1U, read_cursor(member, out.cursor);
    if (key == "caught_up") return have |= 2U, member.get_bool().get(out.caught_up) == simdjson::SUCCESS;
    if (key == "floor") return have |= 4U, read_seq(member, out.floor);
    if (key == "count") return have |= 8U, member.get_uint64().get(out.count) == simdjson::SUCCESS;
    if (key == "digest") return have |= 16U, read_digest(member, out.digest);
    if (key == "as_of") return read_instant(member, out.as_of);
    if (key == "loading") return member.get_bool().get(out.loading) == simdjson::SUCCESS;
    return true;
  });
  return fine && (have & 7U) == 7U && (!out.caught_up || have == 31U);
}

bool read_schema(object from, Schema& out) {
  std::string_view raw;
  if (from.raw_json().get(raw) != simdjson::SUCCESS) return false;
  auto schema = parse_schema(raw);
  if (!schema) return false;
  out = std::move(*schema);
  return true;
}

template <class T, class Read>
std::optional<Line> as(object from, Read read) {
  T out;
  if (!read(from, out)) return std::nullopt;
  return Line(std::move(out));
}

std::optional<Line> read_body(std::string_view kind, object body) {
  if (kind == "put") return as<PutLine>(body, read_put);
  if (kind == "gone") return as<GoneLine>(body, read_gone);
  if (kind == "mark") return as<Mark>(body, read_mark);
  if (kind == "trim") return as<TrimLine>(body, read_trim);
  if (kind == "range") return as<RangeLine>(body, read_range);
  return as<Schema>(body, read_schema);
}

bool known(std::string_view kind) {
  return kind == "put" || kind == "gone" || kind == "mark" || kind == "schema" || kind == "trim" || kind == "range";
}

Error broken(std::string_view line) { return {Code::corrupt, "not a change line: " + std::string(line.substr(0, 120))}; }

}  // namespace

bool LineParser::State::keep(PutLine& put) {
  const std::size_t size = put.content.size();
  padded.assign(put.content);
  padded.append(simdjson::SIMDJSON_PADDING, ' ');
  padded.append(put.id);
  simdjson::ondemand::document document;
  object item;
  std::string_view raw;
  if (parser.iterate(simdjson::padded_string_view(padded.data(), size, padded.size())).get(document) != simdjson::SUCCESS) return false;
  if (document.get_object().get(item) != simdjson::SUCCESS || item.raw_json().get(raw) != simdjson::SUCCESS) return false;
  put.content = std::string_view(padded).substr(0, size);
  put.id = std::string_view(padded).substr(size + simdjson::SIMDJSON_PADDING);
  return raw == put.content && raw.ends_with('}');
}

Result<Line> LineParser::parse(std::string_view line) {
  if (auto put = written_put(line); put && state_->keep(*put)) return Line(*put);
  std::string& padded = state_->padded;
  padded.assign(line);
  padded.append(simdjson::SIMDJSON_PADDING, ' ');
  simdjson::ondemand::document document;
  object root;
  const simdjson::padded_string_view view(padded.data(), line.size(), padded.size());
  if (state_->parser.iterate(view).get(document) != simdjson::SUCCESS) return broken(line);
  if (document.get_object().get(root) != simdjson::SUCCESS) return broken(line);
  std::optional<Line> out;
  for (auto member : root) {
    field one;
    std::string_view kind;
    object body;
    if (std::move(member).get(one) != simdjson::SUCCESS || one.unescaped_key().get(kind) != simdjson::SUCCESS || out) return broken(line);
    if (!known(kind)) return Error{Code::unsupported, "unknown kind of change line '" + std::string(kind.substr(0, 40)) + "'"};
    if (one.value().get_object().get(body) != simdjson::SUCCESS) return broken(line);
    out = read_body(kind, body);
    if (!out) return broken(line);
  }
  const char* rest = nullptr;
  if (!out || document.current_location().get(rest) != simdjson::OUT_OF_BOUNDS) return broken(line);
  return std::move(*out);
}

}  // namespace meshgate
