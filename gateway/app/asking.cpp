#include "gateway/app/asking.hpp"

#include <cstdio>

namespace meshgate::app {

int fail(const Error& error) {
  std::fprintf(stderr, "meshgate: %s\n", error.message.c_str());
  return kFailed;
}

std::string text_of(element from, const char* member) {
  std::string_view out;
  return from[member].get(out) == simdjson::SUCCESS ? std::string(out) : std::string{};
}

std::uint64_t number_of(element from, const char* member) {
  std::uint64_t out = 0;
  return from[member].get(out) == simdjson::SUCCESS ? out : 0;
}

bool flag_of(element from, const char* member) {
  bool out = false;
  return from[member].get(out) == simdjson::SUCCESS && out;
}

std::vector<element> list_in(element root, const char* member) {
  std::vector<element> out;
  simdjson::dom::array all;
  if (root[member].get(all) != simdjson::SUCCESS) return out;
  for (const element one : all) out.push_back(one);
  return out;
}

std::optional<Reading> read_for_command(const std::string& config) {
  Reading reading = read_configuration(config);
  if (reading.diagnostics.empty()) return reading;
  std::fprintf(stderr, "%s", reading.secrets->redact(reading.diagnostics.text()).c_str());
  return std::nullopt;
}

}  // namespace meshgate::app
