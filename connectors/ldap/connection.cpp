#include "connectors/ldap/connection.hpp"

#include <utility>

#include "connectors/ldap/dn.hpp"
#include "connectors/ldap/paged_search.hpp"
#include "connectors/ldap/server_facts.hpp"

namespace meshgate::ldap {

namespace {

/// Entries that are looked at to find which attributes there are under a base.
constexpr int kSample = 100;

/// The usual columns, and those of the first entries.
sdk::Status columns_under(Link& link, const ServerFacts& facts, const std::string& base, EntryTable& out) {
  Choice choice{.base = base, .filter = "(objectClass=*)", .key = "entryUUID", .attributes = {}, .single = {}};
  for (const std::string_view name : usual_attributes()) {
    if (facts.schema.find(name) != nullptr) choice.attributes.emplace_back(name);
  }
  std::unique_ptr<PagedSearch> sample;
  Query query{.base = base};
  if (sdk::Status begun = PagedSearch::begin(link, query, facts.paged ? kSample : 0, sample); !begun.ok()) return begun;
  for (int entries = 0; entries < kSample; ++entries) {
    Message entry;
    if (sdk::Status came = sample->next(Link::Clock::time_point::max(), entry); !came.ok()) return came;
    if (entry == nullptr) break;
    BerElement* element = nullptr;
    for (Text name(ldap_first_attribute(link.handle(), entry.get(), &element)); name != nullptr; name.reset(ldap_next_attribute(link.handle(), entry.get(), element))) {
      const AttributeType* type = facts.schema.find(name.get());
      if (type != nullptr && !type->refused) choice.attributes.push_back(type->name);
    }
    const Walk owned(element);
  }
  return EntryTable::make(facts.schema, choice, out);
}

}  // namespace

DirectoryConnection::DirectoryConnection(const sdk::Host& host, Access access) : site_{.access = std::move(access), .sockets = {}, .host = host, .cancelled = [this] { return cancelled(); }} {}

sdk::Status DirectoryConnection::open(const sdk::Host& host, const sdk::Settings& settings, std::unique_ptr<sdk::Connection>& out) {
  Access access;
  if (sdk::Status read = read_access(settings, access); !read.ok()) return read;
  out = std::make_unique<DirectoryConnection>(host, std::move(access));
  return {};
}

sdk::Status DirectoryConnection::check() {
  std::unique_ptr<Link> link;
  ServerFacts facts;
  if (sdk::Status opened = open_bound(site_.access, site_.sockets, site_.cancelled, link); !opened.ok()) return opened;
  return learn(*link, facts);
}

sdk::Status DirectoryConnection::discover(sdk::Catalog& catalog) {
  std::unique_ptr<Link> link;
  ServerFacts facts;
  std::vector<std::string> found;
  if (sdk::Status opened = open_bound(site_.access, site_.sockets, site_.cancelled, link); !opened.ok()) return opened;
  if (sdk::Status learnt = learn(*link, facts); !learnt.ok()) return learnt;
  if (sdk::Status read = bases(*link, facts, found); !read.ok()) return read;
  for (const std::string& base : found) {
    EntryTable table;
    if (!catalog.names_only()) {
      if (sdk::Status read = columns_under(*link, facts, base, table); !read.ok()) return read;
    }
    if (!catalog.stream(base, table.columns())) break;
  }
  return {};
}

sdk::Status DirectoryConnection::bases(Link& link, const ServerFacts& facts, std::vector<std::string>& out) const {
  for (const std::string& context : facts.contexts) {
    out.push_back(normal_dn(context));
    const Query units{.base = context, .scope = LDAP_SCOPE_ONELEVEL, .filter = "(|(objectClass=organizationalUnit)(objectClass=container))", .attributes = {LDAP_NO_ATTRS}};
    const sdk::Status read = link.all(units, [&](LDAPMessage* entry) { out.push_back(normal_dn(dn_of(link.handle(), entry))); });
    // A context that this account may not see has nothing for it.
    if (!read.ok() && read.code != MG_AUTH && !(read.code == MG_CONFIG && read.message.find(ldap_err2string(LDAP_NO_SUCH_OBJECT)) != std::string::npos)) return read;
  }
  return {};
}

sdk::Status DirectoryConnection::open_stream(const sdk::Settings& settings, std::string_view, std::unique_ptr<sdk::Stream>& out) {
  Choice choice;
  if (sdk::Status read = read_choice(settings, choice); !read.ok()) return read;
  return EntryStream::open(site_, std::move(choice), out);
}

}  // namespace meshgate::ldap
