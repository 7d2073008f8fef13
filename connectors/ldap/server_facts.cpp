#include "connectors/ldap/server_facts.hpp"

#include <algorithm>

namespace meshgate::ldap {

std::vector<std::string> values_of(LDAP* handle, LDAPMessage* entry, const char* attribute) {
  std::vector<std::string> out;
  berval** values = ldap_get_values_len(handle, entry, attribute);
  for (size_t i = 0; values != nullptr && values[i] != nullptr; ++i) out.emplace_back(view(*values[i]));
  ldap_value_free_len(values);
  return out;
}

std::string dn_of(LDAP* handle, LDAPMessage* entry) {
  const Text dn(ldap_get_dn(handle, entry));
  return dn == nullptr ? std::string() : std::string(dn.get());
}

sdk::Status learn(Link& link, ServerFacts& out) {
  std::vector<std::string> controls;
  std::vector<std::string> subschema;
  LDAP* handle = link.handle();
  const Query root{.base = "", .scope = LDAP_SCOPE_BASE, .attributes = {"namingContexts", "supportedControl", "subschemaSubentry"}};
  sdk::Status read = link.all(root, [&](LDAPMessage* entry) {
    out.contexts = values_of(handle, entry, "namingContexts");
    controls = values_of(handle, entry, "supportedControl");
    subschema = values_of(handle, entry, "subschemaSubentry");
  });
  if (!read.ok()) return read;
  const auto offers = [&](const char* control) { return std::ranges::find(controls, control) != controls.end(); };
  out.sync = offers(LDAP_CONTROL_SYNC);
  out.paged = offers(LDAP_CONTROL_PAGEDRESULTS);
  const Query types{.base = subschema.empty() ? "cn=Subschema" : subschema.front(), .scope = LDAP_SCOPE_BASE, .filter = "(objectClass=subschema)", .attributes = {"attributeTypes"}};
  read = link.all(types, [&](LDAPMessage* entry) {
    for (const std::string& one : values_of(handle, entry, "attributeTypes")) out.schema.add(one);
  });
  if (!read.ok()) return read;
  if (out.schema.empty()) return sdk::failure(MG_AUTH, "server " + link.server() + " shows no schema under '" + types.base + "'; let this account read it (see connectors/ldap/README.md)");
  out.schema.settle();
  return {};
}

}  // namespace meshgate::ldap
