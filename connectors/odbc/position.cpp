#include "connectors/odbc/position.hpp"

#include <array>
#include <type_traits>

namespace meshgate::odbc {

namespace {

constexpr std::string_view kMagic{"O\x02", 2};
constexpr unsigned char kHasKey = 1;
constexpr unsigned char kHasTracked = 2;
constexpr unsigned char kHasJournal = 4;

template <class Number>
void append(std::string& out, Number number) {
  for (size_t i = 0; i < sizeof(Number); ++i) out += static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i) & 0xFFU);
}

template <class Number>
std::optional<Number> take(std::string_view& bytes) {
  if (bytes.size() < sizeof(Number)) return std::nullopt;
  std::uint64_t out = 0;
  for (size_t i = 0; i < sizeof(Number); ++i) out |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  bytes.remove_prefix(sizeof(Number));
  return static_cast<Number>(out);
}

std::optional<std::vector<std::string>> take_key(std::string_view& bytes) {
  const auto count = take<std::uint32_t>(bytes);
  if (!count || *count > bytes.size()) return std::nullopt;
  std::vector<std::string> out;
  for (std::uint32_t i = 0; i < *count; ++i) {
    const auto size = take<std::uint32_t>(bytes);
    if (!size || *size > bytes.size()) return std::nullopt;
    out.emplace_back(bytes.substr(0, *size));
    bytes.remove_prefix(*size);
  }
  return out;
}

void append(std::string& out, const std::vector<std::string>& key) {
  append(out, static_cast<std::uint32_t>(key.size()));
  for (const std::string& value : key) {
    append(out, static_cast<std::uint32_t>(value.size()));
    out += value;
  }
}

/// The numbers of a Tracked, a Poll and a Journaled, in their order.
template <class Of>
auto numbers(Of& of) {
  if constexpr (std::is_same_v<std::remove_const_t<Of>, Poll>) {
    return std::array{&of.from, &of.as_of, &of.next_low, &of.greatest};
  } else if constexpr (std::is_same_v<std::remove_const_t<Of>, Journaled>) {
    return std::array{&of.token, &of.n, &of.settled};
  } else {
    return std::array{&of.low, &of.frontier, &of.clock, &of.doubt, &of.swept, &of.verified, &of.sweep_took};
  }
}

template <class Of>
bool take_numbers(std::string_view& bytes, Of& of) {
  for (std::int64_t* one : numbers(of)) {
    const auto number = take<std::int64_t>(bytes);
    if (!number) return false;
    *one = *number;
  }
  return true;
}

void append(std::string& out, const Tracked& tracked) {
  for (const std::int64_t* one : numbers(tracked)) append(out, *one);
  append(out, tracked.shape);
  append(out, static_cast<std::uint32_t>(tracked.landmarks.size()));
  for (const Landmark& one : tracked.landmarks) append(out, one.clock), append(out, one.floor);
  append(out, static_cast<unsigned char>(!tracked.poll ? 0 : tracked.poll->at ? 2 : 1));
  if (!tracked.poll) return;
  for (const std::int64_t* one : numbers(*tracked.poll)) append(out, *one);
  if (tracked.poll->at) append(out, *tracked.poll->at);
}

std::optional<std::vector<Landmark>> take_landmarks(std::string_view& bytes) {
  const auto count = take<std::uint32_t>(bytes);
  if (!count || *count > bytes.size() / (2 * sizeof(std::int64_t))) return std::nullopt;
  std::vector<Landmark> out(*count);
  for (Landmark& one : out) {
    one.clock = *take<std::int64_t>(bytes);
    one.floor = *take<std::int64_t>(bytes);
  }
  return out;
}

bool take_poll(std::string_view& bytes, std::optional<Poll>& out) {
  const auto form = take<unsigned char>(bytes);
  if (!form || *form > 2) return false;
  if (*form == 0) return true;
  if (!take_numbers(bytes, out.emplace())) return false;
  return *form == 1 || (out->at = take_key(bytes)).has_value();
}

std::optional<Tracked> take_tracked(std::string_view& bytes) {
  Tracked out;
  if (!take_numbers(bytes, out)) return std::nullopt;
  const auto shape = take<std::uint64_t>(bytes);
  auto landmarks = shape ? take_landmarks(bytes) : std::nullopt;
  if (!landmarks || !take_poll(bytes, out.poll)) return std::nullopt;
  out.shape = *shape;
  out.landmarks = std::move(*landmarks);
  return out;
}

}  // namespace

std::string encode(const Position& position) {
  std::string out(kMagic);
  out += static_cast<char>((position.key ? kHasKey : 0) | (position.tracked ? kHasTracked : 0) | (position.journaled ? kHasJournal : 0));
  out += static_cast<char>(position.pass);
  append(out, position.fingerprint);
  append(out, position.as_of_us);
  if (position.key) append(out, *position.key);
  if (position.tracked) append(out, *position.tracked);
  if (!position.journaled) return out;
  for (const std::int64_t* one : numbers(*position.journaled)) append(out, *one);
  return out;
}

std::optional<Position> decode_position(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return std::nullopt;
  bytes.remove_prefix(kMagic.size());
  const auto flags = take<unsigned char>(bytes);
  const auto pass = take<unsigned char>(bytes);
  const auto print = take<std::uint64_t>(bytes);
  const auto as_of = take<std::int64_t>(bytes);
  if (!flags || *flags > (kHasKey | kHasTracked | kHasJournal) || !pass || *pass > static_cast<unsigned char>(Pass::verify) || !print || !as_of) return std::nullopt;
  Position out;
  out.pass = static_cast<Pass>(*pass);
  out.fingerprint = *print;
  out.as_of_us = *as_of;
  if ((*flags & kHasKey) != 0 && !(out.key = take_key(bytes))) return std::nullopt;
  if ((*flags & kHasTracked) != 0 && !(out.tracked = take_tracked(bytes))) return std::nullopt;
  if ((*flags & kHasJournal) != 0 && (!out.tracked || !take_numbers(bytes, out.journaled.emplace()))) return std::nullopt;
  if (!bytes.empty()) return std::nullopt;
  return out;
}

std::uint64_t fingerprint(std::string_view table, const std::vector<std::string>& names) {
  std::uint64_t out = 0xcbf29ce484222325U;
  const auto mix = [&](std::string_view name) {
    const std::string head = std::to_string(name.size()) + ":";
    for (const std::string_view part : {std::string_view(head), name}) {
      for (const char c : part) out = (out ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
  };
  mix(table);
  for (const std::string& name : names) mix(name);
  return out;
}

}  // namespace meshgate::odbc
