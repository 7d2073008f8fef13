#include "connectors/ldap/dn.hpp"

#include "connectors/ldap/handle.hpp"

namespace meshgate::ldap {

namespace {

/// Nothing in it can be written in two ways but the case of letters.
bool plain(std::string_view dn) {
  for (size_t i = 0; i < dn.size(); ++i) {
    const char c = dn[i];
    if (c == '\\' || c == '"' || c == '#' || c == ';' || c == '<' || c == '>' || static_cast<unsigned char>(c) >= 0x80U) return false;
    const bool edge = i == 0 || i + 1 == dn.size() || dn[i - 1] == ',' || dn[i - 1] == '=' || dn[i - 1] == '+' || dn[i - 1] == ' ' || dn[i + 1] == ',' || dn[i + 1] == '=' || dn[i + 1] == '+';
    if (c == ' ' && edge) return false;
  }
  return true;
}

}  // namespace

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string normal_dn(std::string_view dn) {
  if (plain(dn)) return lower(dn);
  berval given = borrow(dn);
  LDAPDN parsed = nullptr;
  if (ldap_bv2dn(&given, &parsed, LDAP_DN_FORMAT_LDAP) != LDAP_SUCCESS) return std::string(dn);
  char* text = nullptr;
  ldap_dn2str(parsed, &text, LDAP_DN_FORMAT_LDAPV3 | LDAP_DN_PRETTY);
  ldap_dnfree(parsed);
  const Text owned(text);
  return text == nullptr ? std::string(dn) : lower(text);
}

std::string_view first_part(std::string_view normal) {
  size_t end = 0;
  while (end < normal.size() && normal[end] != ',') end += normal[end] == '\\' ? 2 : 1;
  return normal.substr(0, end);
}

std::string escaped(std::string_view value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    const bool special = c == '*' || c == '(' || c == ')' || c == '\\' || byte < 0x20U || byte >= 0x7fU;
    if (!special) {
      out += c;
      continue;
    }
    out += '\\';
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

}  // namespace meshgate::ldap
