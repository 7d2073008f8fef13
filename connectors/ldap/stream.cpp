#include "connectors/ldap/stream.hpp"

#include <algorithm>
#include <chrono>

#include "connectors/ldap/dn.hpp"
#include "connectors/ldap/polled_stream.hpp"
#include "connectors/ldap/ranges.hpp"
#include "connectors/ldap/sync_stream.hpp"

namespace meshgate::ldap {

namespace {

/// Keys asked for in one search.
constexpr size_t kKeysAtOnce = 100;

std::string text_of(const mg_value& key) {
  switch (key.kind) {
    case MG_INT64: return std::to_string(key.i);
    case MG_UINT64: return std::to_string(key.u);
    case MG_TEXT: return std::string(sdk::view(key.s));
    default: return {};
  }
}

/// Whether the base is there, and may be seen: a search under one that is not may be answered with nothing at all.
sdk::Status find_base(Link& link, const std::string& base) {
  bool found = false;
  const sdk::Status read = link.all({.base = base, .scope = LDAP_SCOPE_BASE, .attributes = {LDAP_NO_ATTRS}}, [&](LDAPMessage*) { found = true; });
  if (!read.ok() || found) return read;
  return sdk::failure(MG_CONFIG, "base: '" + base + "' is not to be seen at " + link.server() + "; check how it is written, and that this account may read it");
}

/// The naming context that a base stands in; empty: none that the server names.
std::string context_of(const ServerFacts& facts, const std::string& base) {
  const std::string under = normal_dn(base);
  const auto at = std::ranges::find_if(facts.contexts, [&](const std::string& one) { return !one.empty() && under.ends_with(normal_dn(one)); });
  return at == facts.contexts.end() ? std::string() : *at;
}

}  // namespace

std::int64_t now_us() { return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count(); }

sdk::Status EntryStream::open(Site& site, Choice choice, std::unique_ptr<sdk::Stream>& out) {
  std::unique_ptr<Link> link;
  ServerFacts facts;
  EntryTable table;
  if (sdk::Status opened = open_bound(site.access, site.sockets, site.cancelled, link); !opened.ok()) return opened;
  if (sdk::Status found = find_base(*link, choice.base); !found.ok()) return found;
  if (sdk::Status learnt = learn(*link, facts); !learnt.ok()) return learnt;
  if (sdk::Status made = EntryTable::make(facts.schema, choice, table); !made.ok()) return made;
  if (choice.capture == Capture::sync && !facts.sync) {
    return sdk::failure(MG_CONFIG, "capture: sync is not offered by " + link->server() + " (no control " LDAP_CONTROL_SYNC "); load its overlay syncprov, or use capture: poll");
  }
  const bool can_sync = facts.sync && lower(choice.key) == "entryuuid";
  const std::string context = context_of(facts, choice.base);
  const Capture capture = choice.capture.value_or(can_sync ? Capture::sync : Capture::poll);
  if (capture == Capture::sync) {
    out = std::make_unique<SyncStream>(site, std::move(choice), std::move(table), facts.paged, std::move(link), context);
  } else {
    out = std::make_unique<PolledStream>(site, std::move(choice), std::move(table), facts.paged, std::move(link), capture);
  }
  return {};
}

sdk::Status EntryStream::ensure(std::unique_ptr<Link>& link) {
  if (link != nullptr && !link->over()) return {};
  link.reset();
  return open_bound(site_.access, site_.sockets, site_.cancelled, link);
}

Query EntryStream::query() const { return {.base = choice_.base, .scope = choice_.scope, .filter = choice_.filter, .attributes = table_.wanted()}; }

sdk::Status EntryStream::take(const Link& link, LDAPMessage* entry) {
  fault_ = table_.fill(link.handle(), entry);
  return table_.partial().empty() ? sdk::Status{} : take_rest(dn_of(link.handle(), entry));
}

/// On the link of questions by key: on the other one the answers would wait behind all that a search under way has to give.
sdk::Status EntryStream::take_rest(const std::string& dn) {
  if (sdk::Status opened = ensure(asking_); !opened.ok()) return opened;
  for (const std::string& attribute : table_.partial()) {
    std::vector<std::string> values;
    if (sdk::Status read = read_in_ranges(*asking_, dn, attribute, table_.version_name(), values); !read.ok()) return read;
    fault_ = table_.fill_rest(attribute, values);
  }
  return {};
}

bool EntryStream::emit(sdk::Sink& sink) {
  return fault_.empty() ? sink.upsert(table_.values(), table_.changed_us()) : sink.fault(table_.values(), table_.name() + ": " + fault_, table_.name());
}

void EntryStream::note_references(std::uint64_t count, const Link& link) {
  if (count > 0 && references_ == 0) {
    site_.host.warning("server " + link.server() + " refers to other servers for parts of '" + choice_.base + "'; these are not read: give them a feed of their own");
  }
  references_ = count;
}

std::string EntryStream::note(std::string_view how) const {
  std::string out(how);
  if (references_ > 0) out += "; " + std::to_string(references_) + (references_ == 1 ? " reference" : " references") + " to other servers not followed, and nothing behind them read";
  return out;
}

sdk::Status EntryStream::lookup(const sdk::Keys& keys, sdk::Sink& sink) {
  if (keys.width() != 1) return sdk::failure(MG_INTERNAL, "a lookup needs one value for each key");
  if (!sink.columns(table_.columns())) return sdk::failure(MG_CANCELLED, "cancelled");
  for (size_t from = 0; from < keys.size(); from += kKeysAtOnce) {
    std::string filter = "(&" + choice_.filter + "(|";
    for (size_t i = from; i < std::min(from + kKeysAtOnce, keys.size()); ++i) filter += "(" + table_.key_name() + "=" + escaped(text_of(keys[i][0])) + ")";
    if (sdk::Status asked = look_up(filter + "))", sink); !asked.ok()) return asked;
  }
  return {};
}

sdk::Status EntryStream::look_up(const std::string& filter, sdk::Sink& sink) {
  if (sdk::Status opened = ensure(asking_); !opened.ok()) return opened;
  Query by_key = query();
  by_key.filter = filter;
  sdk::Status taken;
  bool more = true;
  const sdk::Status read = asking_->all(by_key, [&](LDAPMessage* entry) {
    if (!taken.ok() || !more) return;
    taken = take(*asking_, entry);
    if (taken.ok()) more = emit(sink);
  });
  if (!read.ok()) return read;
  if (!more) return sdk::failure(MG_CANCELLED, "cancelled");
  return taken;
}

}  // namespace meshgate::ldap
