#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "config/secrets.hpp"

namespace meshgate::config {

namespace {

constexpr std::string_view kHexLower = "0123456789abcdef";

int hex(char c) {
  if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  const std::size_t at = kHexLower.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

/// Whether the two characters at `at` are the hex digits of `byte`.
bool hex_pair(std::string_view text, std::size_t at, char byte) {
  if (at + 2 > text.size()) return false;
  const int high = hex(text[at]);
  const int low = hex(text[at + 1]);
  return high >= 0 && low >= 0 && high * 16 + low == static_cast<unsigned char>(byte);
}

bool short_escape(char letter, char byte) {
  return (letter == 'n' && byte == '\n') || (letter == 'r' && byte == '\r') || (letter == 't' && byte == '\t') || letter == byte;
}

/// The lengths in which one byte of a secret can stand at a place; 0 fills up.
std::array<std::size_t, 3> spellings(std::string_view text, std::size_t at, char byte) {
  std::array<std::size_t, 3> out{};
  if (at >= text.size()) return out;
  const char c = text[at];
  const char next = at + 1 < text.size() ? text[at + 1] : '\0';
  if (c == byte || (c == '+' && byte == ' ')) out[0] = 1;
  if (c == byte && next == byte && (byte == '}' || byte == '"' || byte == '\'')) out[1] = 2;
  if (c == '%' && hex_pair(text, at + 1, byte)) out[2] = 3;
  if (c == '\\' && next != '\0' && short_escape(next, byte)) out[1] = 2;
  if (c == '\\' && next == 'u' && text.substr(at + 2, 2) == "00" && hex_pair(text, at + 4, byte)) out[2] = 6;
  return out;
}

/// The end of the longest spelling of the secret that begins at `at`, or 0.
std::size_t match(std::string_view text, std::size_t at, std::string_view secret) {
  std::vector<std::size_t> here{at};
  std::vector<std::size_t> next;
  for (const char byte : secret) {
    next.clear();
    for (const std::size_t from : here) {
      for (const std::size_t length : spellings(text, from, byte)) {
        const bool known = length == 0 || std::find(next.begin(), next.end(), from + length) != next.end();
        if (!known) next.push_back(from + length);
      }
    }
    if (next.empty()) return 0;
    here.swap(next);
  }
  return *std::max_element(here.begin(), here.end());
}

}  // namespace

std::string Secrets::redact(std::string text) const {
  if (known_.empty()) return text;
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = 0;
    for (const std::string& secret : known_) {
      const auto first = spellings(text, at, secret[0]);
      if (first[0] + first[1] + first[2] != 0) end = std::max(end, match(text, at, secret));
    }
    if (end == 0) {
      out += text[at++];
    } else {
      out.append("***");
      at = end;
    }
  }
  return out;
}

}  // namespace meshgate::config
