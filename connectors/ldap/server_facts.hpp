#pragma once

#include <string>
#include <vector>

#include "connectors/ldap/link.hpp"
#include "connectors/ldap/schema.hpp"

namespace meshgate::ldap {

/// What a server says of itself.
struct ServerFacts {
  std::vector<std::string> contexts;  ///< namingContexts
  bool sync = false;                  ///< RFC 4533
  bool paged = false;                 ///< RFC 2696
  Schema schema;
};

/// Asks for them. Blocks.
sdk::Status learn(Link& link, ServerFacts& out);

/// The values of an attribute of an entry, as texts.
std::vector<std::string> values_of(LDAP* handle, LDAPMessage* entry, const char* attribute);
std::string dn_of(LDAP* handle, LDAPMessage* entry);

}  // namespace meshgate::ldap
