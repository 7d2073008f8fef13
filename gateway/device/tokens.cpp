#include "gateway/device/tokens.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace meshgate::device {

namespace {

/// One past the closing quote of the string that opens at `at`.
std::size_t string_end(std::string_view json, std::size_t at) {
  std::size_t i = at + 1;
  for (;;) {
    const std::size_t quote = json.find('"', i);
    if (quote == std::string_view::npos) return json.size() + 1;
    const std::size_t escape = json.substr(i, quote - i).find('\\');
    if (escape == std::string_view::npos) return quote + 1;
    i += escape + 2;
    if (i >= json.size()) return json.size() + 1;
  }
}

std::size_t nested_end(std::string_view json, std::size_t at) {
  std::size_t depth = 0;
  for (std::size_t i = at; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '"') {
      i = string_end(json, i) - 1;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return i + 1;
    }
  }
  return json.size() + 1;
}

std::optional<std::uint32_t> four_hex(std::string_view text) {
  std::uint32_t value = 0;
  if (text.size() < 4) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + 4, value, 16);
  if (error != std::errc{} || end != text.data() + 4) return std::nullopt;
  return value;
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    add(point);
  } else if (point < 0x800) {
    add(0xc0U | point >> 6U);
    add(0x80U | (point & 63U));
  } else if (point < 0x10000) {
    add(0xe0U | point >> 12U);
    add(0x80U | (point >> 6U & 63U));
    add(0x80U | (point & 63U));
  } else {
    add(0xf0U | point >> 18U);
    add(0x80U | (point >> 12U & 63U));
    add(0x80U | (point >> 6U & 63U));
    add(0x80U | (point & 63U));
  }
}

/// The escape after "\u" at `rest`; how many characters it took, 0 when it is wrong.
std::size_t append_code_point(std::string& out, std::string_view rest) {
  auto point = four_hex(rest);
  if (!point) return 0;
  if (*point < 0xd800 || *point > 0xdfff) {
    append_utf8(out, *point);
    return 4;
  }
  if (*point > 0xdbff || rest.size() < 10 || rest.substr(4, 2) != "\\u") return 0;
  const auto low = four_hex(rest.substr(6));
  if (!low || *low < 0xdc00 || *low > 0xdfff) return 0;
  append_utf8(out, 0x10000U + ((*point - 0xd800U) << 10U) + (*low - 0xdc00U));
  return 10;
}

}  // namespace

std::size_t token_end(std::string_view json, std::size_t at) {
  if (at >= json.size()) return at;
  if (json[at] == '"') return string_end(json, at);
  if (json[at] == '{' || json[at] == '[') return nested_end(json, at);
  const auto end = std::find_if(json.begin() + static_cast<std::ptrdiff_t>(at), json.end(),
                                [](char c) { return c == ',' || c == '}' || c == ']'; });
  return static_cast<std::size_t>(end - json.begin());
}

bool has_escapes(std::string_view token) { return token.find('\\') != std::string_view::npos; }

bool has_controls(std::string_view token) {
  bool found = false;
  for (const char c : token) found |= static_cast<unsigned char>(c) < 0x20;
  return found;
}

bool append_unescaped(std::string& out, std::string_view token) {
  static constexpr std::string_view kNames = "\"\\/bfnrt";
  static constexpr std::string_view kBytes = "\"\\/\b\f\n\r\t";
  token = token.substr(1, token.size() - 2);
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '\\') {
      out += token[i];
      continue;
    }
    if (++i == token.size()) return false;
    if (const auto known = kNames.find(token[i]); known != std::string_view::npos) {
      out += kBytes[known];
      continue;
    }
    const std::size_t taken = token[i] == 'u' ? append_code_point(out, token.substr(i + 1)) : 0;
    if (taken == 0) return false;
    i += taken;
  }
  return true;
}

}  // namespace meshgate::device
