#include "connectors/ldap/uuid.hpp"

#include <algorithm>

namespace meshgate::ldap {

std::optional<Uuid> uuid_of(std::string_view bytes) {
  Uuid out{};
  if (bytes.size() != out.size()) return std::nullopt;
  std::ranges::copy(bytes, out.begin());
  return out;
}

std::string text_of(const Uuid& uuid) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(36);
  for (size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += kDigits[uuid[i] >> 4U];
    out += kDigits[uuid[i] & 15U];
  }
  return out;
}

}  // namespace meshgate::ldap
