#include "gateway/net/target.hpp"

#include <algorithm>

#include "gateway/net/text.hpp"

namespace meshgate::net {

namespace {

/// What RFC 3986 lets stand in a path or query: everything else comes as %XX.
bool may_stand(char c) {
  constexpr std::string_view kMarks = "-._~!$&'()*+,;=:@/?%";
  return is_digit(c) || is_letter(c) || kMarks.find(c) != std::string_view::npos;
}

std::optional<std::string> query_decode(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decode(spaced);
}

bool parse_query(std::string_view text, Target& out) {
  while (!text.empty()) {
    std::string_view value = take_until(text, '&');
    if (value.empty()) continue;
    auto name = query_decode(take_until(value, '='));
    auto decoded = query_decode(value);
    if (!name || !decoded) return false;
    out.query.emplace_back(std::move(*name), std::move(*decoded));
  }
  return true;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

Refused parse_target(std::string_view method, std::string_view target, Target& out) {
  if (target == "*" && method == "OPTIONS") {
    out.path = target;
    return std::nullopt;
  }
  if (!target.starts_with('/') || !std::all_of(target.begin(), target.end(), may_stand)) {
    return Refusal{400, "the request target must be a path that begins with '/', with other characters than letters, digits and marks as %XX"};
  }
  out.path = take_until(target, '?');
  if (!percent_decode(out.path) || !parse_query(target, out)) {
    return Refusal{400, "the request target has a '%' that two hexadecimal digits do not follow"};
  }
  return std::nullopt;
}

}  // namespace meshgate::net
