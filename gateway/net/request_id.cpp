#include "gateway/net/request_id.hpp"

#include <algorithm>

#include "gateway/net/text.hpp"
#include "mesh/time.hpp"

namespace meshgate::net {

namespace {

constexpr std::size_t kLongest = 64;

bool well_formed(std::string_view id) {
  return !id.empty() && id.size() <= kLongest &&
         std::all_of(id.begin(), id.end(), [](char c) { return is_digit(c) || is_letter(c) || c == '-' || c == '.' || c == '_'; });
}

}  // namespace

RequestIds::RequestIds() : process_(std::to_string(now().count / 1000)) {}

std::string RequestIds::of(std::optional<std::string_view> given) {
  if (given && well_formed(*given)) return std::string(*given);
  return process_ + "-" + std::to_string(made_.fetch_add(1, std::memory_order_relaxed) + 1);
}

}  // namespace meshgate::net
