#include "connectors/ldap/position.hpp"

#include <array>
#include <charconv>

namespace meshgate::ldap {

namespace {

constexpr std::array<std::string_view, 3> kCaptures = {"sync", "poll", "scan"};

std::string_view take_word(std::string_view& text) {
  const size_t end = std::min(text.find(' '), text.size());
  const std::string_view out = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return out;
}

template <class T>
bool take_number(std::string_view& text, T& out, int base = 10) {
  const std::string_view digits = take_word(text);
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), out, base);
  return failed == std::errc{} && end == digits.data() + digits.size();
}

std::string hex(std::uint64_t number) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  return {digits.data(), end};
}

}  // namespace

std::string_view word(Capture capture) { return kCaptures[static_cast<size_t>(capture)]; }

std::optional<Capture> capture_of(std::string_view word) {
  for (size_t i = 0; i < kCaptures.size(); ++i) {
    if (kCaptures[i] == word) return static_cast<Capture>(i);
  }
  return std::nullopt;
}

void Trail::add(std::string_view text) {
  constexpr std::uint64_t kPrime = 0x100000001b3U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
  hash = (hash ^ 0xffU) * kPrime;
}

std::string Position::text() const {
  std::string out = "1 ";
  out.append(word(capture)).append(scanning ? " scan " : " follow ");
  out += std::to_string(trail.count) + " " + hex(trail.hash) + " " + std::to_string(scanned_s) + " ";
  return out + mark;
}

std::optional<Position> Position::parse(std::string_view text) {
  Position out;
  if (take_word(text) != "1") return std::nullopt;
  const auto capture = capture_of(take_word(text));
  const std::string_view stage = take_word(text);
  if (!capture || (stage != "scan" && stage != "follow")) return std::nullopt;
  out.capture = *capture;
  out.scanning = stage == "scan";
  if (!take_number(text, out.trail.count) || !take_number(text, out.trail.hash, 16) || !take_number(text, out.scanned_s)) return std::nullopt;
  out.mark = text;
  return out;
}

}  // namespace meshgate::ldap
