#pragma once

#include <string>
#include <string_view>

namespace meshgate::ldap {

/// A distinguished name in one form: names of attributes and values in small letters (ASCII), no spaces around separators, escapes as in RFC 4514.
/// Two spellings of one name that differ otherwise stay different. What is no distinguished name comes back as it was.
std::string normal_dn(std::string_view dn);
/// The first part: "uid=anna" of "uid=anna,ou=people,dc=corp".
std::string_view first_part(std::string_view normal);

/// A value within a search filter (RFC 4515).
std::string escaped(std::string_view value);
std::string lower(std::string_view text);

}  // namespace meshgate::ldap
