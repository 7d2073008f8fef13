#include "connectors/ldap/connection.hpp"
#include "connectors/ldap/dn.hpp"
#include "connectors/ldap/failures.hpp"
#include "connectors/ldap/uuid.hpp"

namespace meshgate::ldap {

namespace {

sdk::Status refused() { return sdk::failure(MG_AUTH, "name or password are wrong"); }

/// What stands between us and an answer says nothing of the person: it must not look like a refusal. Whoever asks again does so on a new connection.
sdk::Status unanswered(sdk::Status why) {
  if (why.code == MG_AUTH) why.code = MG_CONFIG;
  if (why.code == MG_RECONNECT) why.code = MG_RETRY;
  return why;
}

/// The name under which the entry with this key stands now; empty: there is none.
sdk::Status find_name(Link& link, const Choice& choice, std::string_view key, std::string& out) {
  const Query by_key{.base = choice.base, .scope = choice.scope, .filter = "(&" + choice.filter + "(" + choice.key + "=" + escaped(key) + "))", .attributes = {LDAP_NO_ATTRS}};
  size_t found = 0;
  const sdk::Status read = link.all(by_key, [&](LDAPMessage* entry) {
    out = dn_of(link.handle(), entry);
    ++found;
  });
  if (found > 1) return sdk::failure(MG_CONFIG, "several entries under '" + choice.base + "' have the key of this person; use key: entryUUID");
  return read;
}

}  // namespace

sdk::Status DirectoryConnection::verify(const sdk::Settings& stream, const sdk::Person& who) {
  // A server takes a name with an empty password for a bind as nobody, and lets it through (RFC 4513, 5.1.2).
  if (who.password.empty()) return refused();
  Choice choice;
  if (sdk::Status read = read_choice(stream, choice); !read.ok()) return unanswered(std::move(read));
  std::unique_ptr<Link> link;
  if (sdk::Status opened = open_bound(site_.access, site_.sockets, site_.cancelled, link); !opened.ok()) return unanswered(std::move(opened));
  std::string name;
  if (sdk::Status found = find_name(*link, choice, who.key, name); !found.ok()) return unanswered(std::move(found));
  const bool known = !name.empty();
  // The server is asked all the same, so that the time that it takes does not tell who is there.
  if (!known) name = "cn=" + text_of(Uuid{}) + "," + choice.base;
  int code = 0;
  if (sdk::Status bound = link->bind({.name = name, .password = who.password}, code); !bound.ok()) return unanswered(std::move(bound));
  if (!known || refuses(code)) return refused();
  return code == LDAP_SUCCESS ? sdk::Status{} : unanswered(failed(code, "bind as a person at " + link->server(), {}));
}

}  // namespace meshgate::ldap
