#include "connectors/odbc/position.hpp"

namespace meshgate::odbc {

namespace {

constexpr std::string_view kMagic{"O\x01", 2};
constexpr unsigned char kScanning = 1;
constexpr unsigned char kHasKey = 2;

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

}  // namespace

std::string encode(const Position& position) {
  std::string out(kMagic);
  out += static_cast<char>((position.scanning ? kScanning : 0) | (position.key ? kHasKey : 0));
  append(out, position.fingerprint);
  append(out, position.as_of_us);
  if (!position.key) return out;
  append(out, static_cast<std::uint32_t>(position.key->size()));
  for (const std::string& value : *position.key) {
    append(out, static_cast<std::uint32_t>(value.size()));
    out += value;
  }
  return out;
}

std::optional<Position> decode_position(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return std::nullopt;
  bytes.remove_prefix(kMagic.size());
  const auto flags = take<unsigned char>(bytes);
  const auto print = take<std::uint64_t>(bytes);
  const auto as_of = take<std::int64_t>(bytes);
  if (!flags || *flags > (kScanning | kHasKey) || !print || !as_of) return std::nullopt;
  Position out;
  out.scanning = (*flags & kScanning) != 0;
  out.fingerprint = *print;
  out.as_of_us = *as_of;
  if ((*flags & kHasKey) != 0 && !(out.key = take_key(bytes))) return std::nullopt;
  if (!bytes.empty()) return std::nullopt;
  return out;
}

std::uint64_t fingerprint(std::string_view table, const std::vector<std::string>& key) {
  std::uint64_t out = 0xcbf29ce484222325U;
  const auto mix = [&](std::string_view name) {
    const std::string head = std::to_string(name.size()) + ":";
    for (const std::string_view part : {std::string_view(head), name}) {
      for (const char c : part) out = (out ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
  };
  mix(table);
  for (const std::string& name : key) mix(name);
  return out;
}

}  // namespace meshgate::odbc
