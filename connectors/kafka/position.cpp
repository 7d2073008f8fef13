#include "connectors/kafka/position.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "connectors/sdk/connector.h"

namespace meshgate::kafka {

namespace {

std::string_view take_until(std::string_view& text, char end) {
  const size_t at = std::min(text.find(end), text.size());
  const std::string_view out = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return out;
}

template <class T>
bool take_number(std::string_view& text, T& out, int base = 10) {
  const std::string_view digits = take_until(text, ' ');
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), out, base);
  return failed == std::errc{} && end == digits.data() + digits.size();
}

std::string hex(std::uint64_t number) {
  std::array<char, 16> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr};
}

bool take_partition(std::string_view line, const std::string& topic, Position& out) {
  std::int32_t partition = 0;
  Reached reached;
  const bool good = take_number(line, partition) && take_number(line, reached.next) && take_number(line, reached.last) && take_number(line, reached.fingerprint, 16);
  const bool sound = partition >= 0 && reached.last >= -1 && reached.next > reached.last;
  return good && line.empty() && sound && out.partitions.emplace(Place{topic, partition}, reached).second;
}

/// The rest of a column's line and what follows it: a name may have any bytes in it.
bool take_column(std::string_view& text, Position& out) {
  KnownColumn column;
  size_t size = 0;
  if (!take_number(text, column.kind) || !take_number(text, column.key) || !take_number(text, size) || size >= text.size() || text[size] != '\n') return false;
  if (column.kind <= MG_NULL || column.kind > MG_JSON) return false;
  column.name = text.substr(0, size);
  text.remove_prefix(size + 1);
  out.columns.push_back(std::move(column));
  return true;
}

}  // namespace

std::string Position::text() const {
  std::string out = scanning ? "1 scan " : "1 follow ";
  out.append(std::to_string(end_seen_ms)).append(" ").append(cluster).append("\n");
  std::string_view topic;
  for (const auto& [place, reached] : partitions) {
    if (place.topic != topic) out.append("t ").append(topic = place.topic).append("\n");
    out.append("p ").append(std::to_string(place.partition)).append(" ").append(std::to_string(reached.next)).append(" ").append(std::to_string(reached.last));
    out.append(" ").append(hex(reached.fingerprint)).append("\n");
  }
  for (const KnownColumn& column : columns) {
    out.append("c ").append(std::to_string(column.kind)).append(" ").append(std::to_string(column.key)).append(" ").append(std::to_string(column.name.size()));
    out.append(" ").append(column.name).append("\n");
  }
  return out;
}

std::optional<Position> Position::parse(std::string_view text) {
  Position out;
  std::string_view head = take_until(text, '\n');
  if (take_until(head, ' ') != "1") return std::nullopt;
  const std::string_view stage = take_until(head, ' ');
  if ((stage != "scan" && stage != "follow") || !take_number(head, out.end_seen_ms) || out.end_seen_ms < 0) return std::nullopt;
  out.scanning = stage == "scan";
  out.cluster = head;
  std::string topic;
  while (!text.empty()) {
    const std::string_view word = take_until(text, ' ');
    if (word == "p" && take_partition(take_until(text, '\n'), topic, out)) continue;
    if (word == "t") {
      topic = take_until(text, '\n');
      if (!topic.empty()) continue;
    }
    if (word == "c" && take_column(text, out)) continue;
    return std::nullopt;
  }
  return out.partitions.empty() ? std::nullopt : std::optional(std::move(out));
}

void Fingerprint::add(std::string_view bytes) {
  constexpr std::uint64_t kPrime = 0x100000001b3U;
  for (const char c : bytes) value_ = (value_ ^ static_cast<unsigned char>(c)) * kPrime;
  value_ = (value_ ^ 0xffU) * kPrime;
}

void Fingerprint::add(std::int64_t number) { add({reinterpret_cast<const char*>(&number), sizeof number}); }

}  // namespace meshgate::kafka
