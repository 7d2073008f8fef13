#include "gateway/serve/parameters.hpp"

#include <algorithm>
#include <charconv>

namespace meshgate::serve {

namespace {

std::string list(std::initializer_list<std::string_view> names) {
  std::string out;
  for (const auto name : names) out.append(out.empty() ? "" : ", ").append(name);
  return out;
}

}  // namespace

Status check_parameters(const net::Request& request, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : request.query) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      const std::string there = known.size() == 0 ? "this request has none" : "this request knows " + list(known);
      return Error{Code::config, "unknown parameter '" + name.substr(0, 64) + "': " + there};
    }
    const auto times = std::count_if(request.query.begin(), request.query.end(), [wanted = std::string_view(name)](const auto& one) { return one.first == wanted; });
    if (times > 1) return Error{Code::config, "parameter '" + name + "' is given " + std::to_string(times) + " times: give it once"};
  }
  return {};
}

Result<std::uint64_t> number_parameter(const net::Request& request, std::string_view name, std::uint64_t fallback, std::uint64_t least,
                                       std::uint64_t most) {
  const auto text = request.parameter(name);
  if (!text) return fallback;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size() || value < least || value > most) {
    return Error{Code::config, "parameter '" + std::string(name) + "' must be a whole number from " + std::to_string(least) + " to " +
                                   std::to_string(most) + ", not '" + std::string(text->substr(0, 64)) + "'"};
  }
  return value;
}

}  // namespace meshgate::serve
