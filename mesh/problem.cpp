#include "mesh/problem.hpp"

#include <simdjson.h>

namespace meshgate {

namespace {

constexpr std::size_t kMostQuoted = 300;

std::string text_of(const simdjson::dom::object& from, const char* name) {
  std::string_view text;
  if (from[name].get(text) != simdjson::SUCCESS) return {};
  return std::string(text);
}

}  // namespace

std::string Problem::sentence() const { return (detail.empty() ? title : detail).substr(0, kMostQuoted); }

Problem parse_problem(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  const simdjson::padded_string padded(body);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS) return {};
  return {text_of(root, "type"), text_of(root, "title"), text_of(root, "detail")};
}

}  // namespace meshgate
