#include "mapping/pattern.hpp"

namespace meshgate::mapping {

namespace {

void add_literal(std::vector<Part>& parts, char c) {
  if (parts.empty() || parts.back().column) parts.push_back({false, {}});
  parts.back().text += c;
}

}  // namespace

bool is_pattern(std::string_view text) { return text.find_first_of("{}") != std::string_view::npos; }

Result<std::vector<Part>> parse_pattern(std::string_view text) {
  std::vector<Part> out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool twice = i + 1 < text.size() && text[i + 1] == c;
    if ((c == '{' || c == '}') && twice) {
      add_literal(out, c);
      ++i;
    } else if (c == '}') {
      return Error{Code::config, "a '}' stands alone in the template: write }} for the character"};
    } else if (c == '{') {
      const std::size_t end = text.find_first_of("{}", i + 1);
      if (end == std::string_view::npos || text[end] == '{') {
        return Error{Code::config, "a '{' is not closed in the template: write {column}, or {{ for the character"};
      }
      if (end == i + 1) return Error{Code::config, "{} names no column in the template: write {column}"};
      out.push_back({true, std::string(text.substr(i + 1, end - i - 1))});
      i = end;
    } else {
      add_literal(out, c);
    }
  }
  return out;
}

std::string pattern_text(const std::vector<Part>& parts) {
  std::string out;
  for (const Part& part : parts) {
    if (part.column) {
      out.append(1, '{').append(part.text).append(1, '}');
      continue;
    }
    for (const char c : part.text) {
      out += c;
      if (c == '{' || c == '}') out += c;
    }
  }
  return out;
}

}  // namespace meshgate::mapping
