#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/ldap/link.hpp"

namespace meshgate::ldap {

/// A part of an attribute's values, in the order in which the server has them ("member;range=0-1499", "member;range=1500-*").
struct Range {
  std::string_view attribute;
  std::uint64_t first = 0;
  std::optional<std::uint64_t> last;  ///< none: up to the end
};
/// Nothing where an attribute's name says no range.
std::optional<Range> range_of(std::string_view name);

/// All values of an attribute that the server gives in parts alone, as Active Directory does with more than 1,500. `version` is an attribute that has another
/// value after each change of the entry: values that were read across one are read again. Blocks.
sdk::Status read_in_ranges(Link& link, const std::string& dn, const std::string& attribute, const std::string& version, std::vector<std::string>& out);

}  // namespace meshgate::ldap
