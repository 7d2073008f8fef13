#include "connectors/ldap/cookie.hpp"

#include <algorithm>
#include <map>

namespace meshgate::ldap {

namespace {

constexpr std::string_view kList = "csn=";

/// The change numbers of a cookie by writer; none where it is no such list.
std::map<std::string_view, std::string_view> numbers_of(std::string_view cookie) {
  std::map<std::string_view, std::string_view> out;
  const size_t at = cookie.find(kList);
  if (at == std::string_view::npos) return out;
  std::string_view list = cookie.substr(at + kList.size());
  while (!list.empty()) {
    const size_t end = std::min(list.find(';'), list.size());
    const std::string_view number = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    // time # count # writer # modification
    const size_t last = number.rfind('#');
    const size_t middle = last == std::string_view::npos || last == 0 ? last : number.rfind('#', last - 1);
    if (middle == std::string_view::npos || middle == last || middle == 0) return {};
    out[number.substr(middle + 1, last - middle - 1)] = number;
  }
  return out;
}

}  // namespace

std::string merged_cookie(std::string_view before, std::string_view later) {
  auto all = numbers_of(before);
  const auto moved = numbers_of(later);
  if (all.empty() || moved.empty()) return std::string(later);
  for (const auto& [writer, number] : moved) all[writer] = std::max(all[writer], number);
  std::string out(later.substr(0, later.find(kList) + kList.size()));
  for (const auto& [writer, number] : all) out.append(number).append(";");
  out.pop_back();
  return out;
}

bool lags(std::string_view cookie, std::span<const std::string> numbers) {
  std::string_view read;
  for (const auto& [writer, number] : numbers_of(cookie)) read = std::max(read, number);
  std::string_view there;
  for (const std::string& number : numbers) there = std::max(there, std::string_view(number));
  return !there.empty() && there < read;
}

}  // namespace meshgate::ldap
