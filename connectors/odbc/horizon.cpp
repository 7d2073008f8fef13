#include "connectors/odbc/horizon.hpp"

#include <algorithm>
#include <charconv>

#include "connectors/odbc/value.hpp"

namespace meshgate::odbc {

namespace {

constexpr std::size_t kFields = 8;
constexpr std::size_t kMomentFields = 3;
constexpr std::int64_t kWorthSaying = 60'000'000;

/// Numbers beyond 63 bits count as the greatest: what is read from there on is more, never less.
std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (end != text.data() + text.size() || text.empty()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return text[0] == '-' ? INT64_MIN : INT64_MAX;
  return error == std::errc{} ? std::optional(out) : std::nullopt;
}

std::string_view without_zone(std::string_view text) {
  const std::size_t at = text.find_first_of("Zz+-", std::min<std::size_t>(text.size(), 11));
  return text.substr(0, at);
}

/// "name=moment name=moment", names without '='; nothing where one is not so.
std::optional<std::vector<OpenTransaction>> open_of(std::string_view text) {
  std::vector<OpenTransaction> out;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    const std::size_t at = one.find('=');
    const auto began = at == one.npos ? std::nullopt : number(std::string(one.substr(at + 1)));
    if (!began) return std::nullopt;
    out.push_back({std::string(one.substr(0, at)), *began});
  }
  return out;
}

std::string seconds_text(std::int64_t moment) { return timestamp_text(moment).substr(0, 19) + " UTC"; }

}  // namespace

std::optional<std::int64_t> tick_of(TrackKind kind, const std::string& text) {
  if (const auto digits = number(text)) return digits;
  return kind == TrackKind::time ? parse_timestamp(without_zone(text), false) : std::nullopt;
}

std::optional<Moment> decode_moment(const std::vector<std::string>& row) {
  if (row.size() != kMomentFields) return std::nullopt;
  const auto clock = number(row[1]);
  if (!clock) return std::nullopt;
  return Moment{.until = number(row[0]).value_or(0), .clock = *clock, .replica = row[2] == "1"};
}

std::optional<Horizon> decode_horizon(const std::vector<std::string>& row, TrackKind kind) {
  if (row.size() != kFields) return std::nullopt;
  const auto clock = number(row[5]);
  const auto blind = number(row[4]);
  if (!clock || !blind || *blind < 0 || *blind > static_cast<int>(Blind::switched_off)) return std::nullopt;
  Horizon out{.clock = *clock, .read_at = number(row[0]), .oldest = number(row[1])};
  out.undated = !row[3].empty() && row[3] != "0";
  out.blind = static_cast<Blind>(*blind);
  // A list that does not say of the oldest is not whole.
  if (!out.undated && out.read_at && (!row[6].empty() || !out.oldest)) out.open = open_of(row[6]);
  out.until = number(row[7]).value_or(0);
  // What a replica has yet to apply has values from then on; one that does not say so leaves that to the overlap.
  const std::int64_t newest = out.blind == Blind::replica && out.until != 0 ? out.until : *clock;
  const auto floor = tick_of(kind, row[2]);
  if (kind == TrackKind::number) out.floor = floor.value_or(kLowest);
  // A time that has not come yet is no floor: what is written now lies below it.
  if (kind == TrackKind::time) out.floor = row[2].empty() ? newest : std::min(newest, floor.value_or(kLowest));
  return out;
}

std::string what_holds(const Horizon& horizon) {
  if (horizon.undated) return "a prepared transaction is open, so each poll reads again what was written since it was first seen: commit it or roll it back";
  if (!horizon.oldest || horizon.clock - *horizon.oldest < kWorthSaying) return {};
  return "a transaction is open since " + seconds_text(*horizon.oldest) + "; once it ends, what was written since then is read again";
}

std::string how_far(const Moment& moment) {
  if (!moment.replica) return {};
  std::string out = "this server is a replica, and `as_of` says what it has of the server that is written to";
  if (moment.until == 0) return out + "; at present it does not say how far that is";
  if (moment.clock - moment.until < kWorthSaying) return out;
  return out + "; at present that is only what was committed until " + seconds_text(moment.until);
}

std::string why_waiting(const Moment& moment, std::int64_t read) {
  const std::string has = moment.until == 0 ? "does not say how far it has come" : "has only what was committed until " + seconds_text(moment.until);
  return "this server is a replica and " + has + ", while what was committed until " + seconds_text(read) +
         " has been read before: it is tried again until it has caught up, for newer rows would look deleted; or connect to the server that is written to";
}

std::string blindness(Blind blind, Engine engine, const Place& place, const std::string& what, const std::string& column) {
  const bool postgresql = engine == Engine::postgresql;
  std::string out = what + " cannot be followed by column '" + column + "': ";
  switch (blind) {
    case Blind::right:
      out += "user '" + place.user + "' may not see which transactions are open, so rows that are committed late could be missed; say ";
      out += postgresql ? "GRANT pg_read_all_stats TO \"" + place.user + "\"" : "GRANT PROCESS ON *.* TO the user";
      break;
    case Blind::replica:
      out += "this server is a replica, which cannot show the transactions that are open where the table is written; connect to that server";
      break;
    case Blind::switched_off: out += "the server does not note which transactions are open; set track_activities = on"; break;
    case Blind::no: break;
  }
  return out + ", or name in `overlap:` how far behind the newest a value can still be committed (`overlap: 15m`)";
}

}  // namespace meshgate::odbc
