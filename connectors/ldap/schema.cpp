#include "connectors/ldap/schema.hpp"

#include <ldap_schema.h>

#include <algorithm>
#include <array>
#include <memory>

#include "connectors/ldap/dn.hpp"

namespace meshgate::ldap {

namespace {

constexpr std::string_view kSyntaxes = "1.3.6.1.4.1.1466.115.121.1.";
/// Numbers below kSyntaxes: audio, binary, certificates and what belongs to them, fax, JPEG, octets.
constexpr std::array<std::string_view, 8> kBinary = {"4", "5", "8", "9", "10", "23", "28", "40"};
/// A name, and a name with an optional unique identifier.
constexpr std::array<std::string_view, 2> kNames = {"12", "34"};

constexpr std::array<std::string_view, 19> kRefused = {
    "userpassword", "authpassword", "unicodepwd", "dbcspwd",       "ntpwdhistory",         "lmpwdhistory", "supplementalcredentials", "pwdhistory",     "userpkcs12", "2.5.4.35",
    "rootpw",       "olcrootpw",    "ipanthash",  "nshistorypass", "passwordhistory",      "oathsecret",   "oathhotptoken",           "ipatokenotpkey", "userpassword2"};
constexpr std::array<std::string_view, 6> kRefusedBegins = {"krb", "sambantpassword", "sambalmpassword", "sambapassword", "ms-mcs-admpwd", "mslaps-"};

struct FreeType {
  void operator()(LDAPAttributeType* type) const { ldap_attributetype_free(type); }
};

Syntax syntax_of(std::string_view number) {
  if (!number.starts_with(kSyntaxes)) return Syntax::text;
  const std::string_view last = number.substr(kSyntaxes.size());
  if (std::ranges::find(kBinary, last) != kBinary.end()) return Syntax::binary;
  return std::ranges::find(kNames, last) != kNames.end() ? Syntax::name : Syntax::text;
}

}  // namespace

bool refused_name(std::string_view name) {
  const std::string small = lower(name);
  return std::ranges::find(kRefused, small) != kRefused.end() || std::ranges::any_of(kRefusedBegins, [&](std::string_view begin) { return small.starts_with(begin); });
}

void Schema::add(std::string_view description) {
  int wrong = 0;
  const char* where = nullptr;
  const std::unique_ptr<LDAPAttributeType, FreeType> parsed(ldap_str2attributetype(std::string(description).c_str(), &wrong, &where, LDAP_SCHEMA_ALLOW_ALL));
  if (parsed == nullptr || parsed->at_oid == nullptr) return;
  Described out;
  out.type.name = parsed->at_oid;
  for (char** name = parsed->at_names; name != nullptr && *name != nullptr; ++name) {
    if (name == parsed->at_names) out.type.name = *name;
    out.names.push_back(lower(*name));
  }
  out.names.push_back(lower(parsed->at_oid));
  out.type.single = parsed->at_single_value != 0;
  if (parsed->at_sup_oid != nullptr) out.superior = lower(parsed->at_sup_oid);
  if (parsed->at_syntax_oid != nullptr) out.number = parsed->at_syntax_oid;
  out.type.refused = std::ranges::any_of(out.names, refused_name);
  for (const std::string& name : out.names) by_name_.emplace(name, types_.size());
  types_.push_back(std::move(out));
}

void Schema::settle() {
  for (Described& one : types_) {
    // A superior's superior, and so on; a schema that goes in a circle ends with its own size.
    std::string superior = one.superior;
    for (size_t steps = 0; !superior.empty() && steps < types_.size(); ++steps) {
      const auto at = by_name_.find(superior);
      if (at == by_name_.end()) break;
      const Described& above = types_[at->second];
      if (one.number.empty()) one.number = above.number;
      one.type.refused = one.type.refused || above.type.refused;
      superior = above.superior;
    }
    one.type.syntax = syntax_of(one.number);
  }
}

const AttributeType* Schema::find(std::string_view name) const {
  const auto at = by_name_.find(lower(name));
  return at == by_name_.end() ? nullptr : &types_[at->second].type;
}

}  // namespace meshgate::ldap
