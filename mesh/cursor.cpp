#include "mesh/cursor.hpp"

#include <algorithm>
#include <charconv>

namespace meshgate {

namespace {

constexpr std::size_t kMaxCursorText = 100;

std::optional<Seq> parse_seq(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (text.size() > 1 && text[0] == '0') return std::nullopt;
  return Seq{value};
}

/// Takes the text up to the next '.' off the front.
std::string_view take(std::string_view& rest) {
  const std::size_t dot = rest.find('.');
  const std::string_view part = rest.substr(0, dot);
  rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
  return part;
}

}  // namespace

std::string Cursor::text() const {
  if (start()) return "0";
  std::string out = epoch.bits.hex();
  const auto add = [&](Seq part) { out.append(1, '.').append(std::to_string(number(part))); };
  add(seq);
  if (high != Seq{0}) {
    add(low);
    add(high);
  }
  return out;
}

std::optional<Cursor> Cursor::parse(std::string_view text) {
  if (text == "0") return Cursor{};
  if (text.size() > kMaxCursorText || text.empty() || text.back() == '.') return std::nullopt;
  Cursor out;
  const auto epoch = Bits128::from_hex(take(text));
  const auto seq = parse_seq(take(text));
  if (!epoch || epoch->zero() || !seq) return std::nullopt;
  out.epoch.bits = *epoch;
  out.seq = *seq;
  if (text.empty()) return out;
  const auto low = parse_seq(take(text));
  const auto high = parse_seq(take(text));
  if (!low || !high || !text.empty() || *high == Seq{0} || *low > *high) return std::nullopt;
  out.low = *low;
  out.high = *high;
  return out;
}

Answer judge(const Cursor& cursor, const Standing& standing) {
  if (cursor.start()) return Answer::read;
  if (cursor.epoch != standing.epoch) return Answer::other_epoch;
  if (cursor.seq > standing.head) return standing.replica ? Answer::ahead : Answer::beyond_head;
  if (cursor.seq != Seq{0} && standing.floor > std::max(cursor.seq, cursor.low)) return Answer::below_floor;
  return Answer::read;
}

Progress advance(const Cursor& from, Seq read_to, const Standing& standing) {
  Progress out;
  out.cursor.epoch = standing.epoch;
  out.cursor.seq = read_to;
  out.cursor.high = std::max({from.high, standing.head, standing.owed});
  if (from.seq == Seq{0}) {
    out.cursor.low = standing.head;
  } else if (from.low != Seq{0}) {
    out.cursor.low = std::min(from.low, standing.head);
  }
  out.complete = read_to == standing.head && standing.head >= out.cursor.high && !standing.unfinished;
  if (out.complete) out.cursor.low = out.cursor.high = Seq{0};
  out.caught_up = out.complete && !standing.loading;
  return out;
}

Progress stay(const Cursor& from, const Standing& standing) {
  Progress out;
  out.cursor = from;
  // A complete cursor stands at a head the reader has met; a replica that still owes itself changes adds what it owes.
  if (standing.owed > from.seq) out.cursor.high = std::max(from.high, standing.owed);
  return out;
}

}  // namespace meshgate
