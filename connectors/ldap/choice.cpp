#include "connectors/ldap/choice.hpp"

#include <algorithm>
#include <array>

#include "connectors/ldap/dn.hpp"
#include "connectors/ldap/handle.hpp"
#include "connectors/ldap/schema.hpp"

namespace meshgate::ldap {

namespace {

constexpr std::array kConnectionOptions = {
    sdk::option({.name = "url", .type = MG_OPTION_LIST, .help = "The servers, tried in this order: ldap://dc1.corp or ldaps://dc1.corp, with a port if it is another one."}),
    sdk::option({.name = "domain", .help = "In place of url: a domain whose servers DNS names (_ldap._tcp)."}),
    sdk::option({.name = "tls", .help = "start: StartTLS, and nothing goes in clear if that fails (what ldap:// does by itself); ldaps: TLS from the first byte; off: none."}),
    sdk::option({.name = "ca", .type = MG_OPTION_PATH, .help = "A file with the certificates of the authorities that are trusted; without it those of the system."}),
    sdk::option({.name = "certificate", .type = MG_OPTION_PATH, .help = "A file with the gateway's own certificate, for sasl: external."}),
    sdk::option({.name = "private_key", .type = MG_OPTION_PATH, .help = "A file with the key of that certificate."}),
    sdk::option({.name = "sasl", .help = "external: bind as whom the certificate names."}),
    sdk::option({.name = "dn", .help = "The name to bind as; without it and without sasl nobody is bound."}),
    sdk::option({.name = "password", .help = "The password of dn, best as ${file:…}.", .secret = true}),
    sdk::option({.name = "insecure", .type = MG_OPTION_BOOLEAN, .help = "Lets passwords go in clear to a server that is not on this machine.", .fallback = "false"}),
    sdk::option({.name = "connect_timeout", .type = MG_OPTION_DURATION, .help = "How long reaching one server may take.", .fallback = "5s"}),
    sdk::option({.name = "timeout", .type = MG_OPTION_DURATION, .help = "How long a server may be silent while something is asked of it.", .fallback = "10s"}),
};

constexpr std::array kStreamOptions = {
    sdk::option({.name = "base", .help = "The entry under which is read: ou=people,dc=corp.", .required = true, .stream_name = true}),
    sdk::option({.name = "scope", .help = "subtree: everything under the base; one: only what stands directly under it.", .fallback = "subtree"}),
    sdk::option({.name = "filter", .help = "Which entries are read, as LDAP writes it.", .fallback = "(objectClass=*)"}),
    sdk::option({.name = "key", .help = "The attribute that identifies an entry for ever. With another one than entryUUID the server's own notes of changes cannot be used.", .fallback = "entryUUID"}),
    sdk::option({.name = "attributes", .type = MG_OPTION_LIST, .help = "What is read of an entry; without it the usual attributes of people and groups. Never passwords and keys."}),
    sdk::option({.name = "single", .type = MG_OPTION_LIST, .help = "Attributes taken as one text though the schema allows several values: the one in the entry's name, otherwise the first by bytes. None named: uid, cn, sn, givenName, displayName."}),
    sdk::option({.name = "capture", .help = "sync: the server tells what changes (RFC 4533); poll: entries changed of late are asked for, and all keys now and then; scan: everything, each time. None: sync where the server can, otherwise poll."}),
    sdk::option({.name = "sweep", .type = MG_OPTION_DURATION, .help = "How often everything is compared (sync), or all keys are (poll).", .fallback = "1h", .pace = true}),
    sdk::option({.name = "overlap", .type = MG_OPTION_DURATION, .help = "With poll: how far each poll looks back; more than clocks differ and replicas lag.", .fallback = "5m", .pace = true}),
    sdk::option({.name = "page", .type = MG_OPTION_INTEGER, .help = "With poll and scan: entries asked for at a time.", .fallback = "500", .pace = true}),
    sdk::option({.name = "largest_binary", .type = MG_OPTION_SIZE, .help = "Longer binary values (photos) are told by size and type alone, without a hash.", .fallback = "1MiB"}),
};

constexpr std::array<std::string_view, 23> kUsual = {
    "uid",        "cn",    "sn",     "givenName",       "displayName",    "initials",       "title", "mail",     "telephoneNumber", "mobile",      "ou",         "o",
    "l",          "manager", "member", "uniqueMember", "memberUid", "description",    "employeeNumber", "departmentNumber", "employeeType", "preferredLanguage", "modifyTimestamp"};

sdk::Status config(std::string message) { return sdk::failure(MG_CONFIG, std::move(message)); }

sdk::Status read_tls(const sdk::Settings& settings, std::optional<Tls>& out) {
  const std::string word = settings.text("tls");
  if (word.empty()) return {};
  if (word == "start") out = Tls::start;
  if (word == "ldaps") out = Tls::ldaps;
  if (word == "off") out = Tls::off;
  return out ? sdk::Status{} : config("tls: '" + word + "' is not known; use start, ldaps or off");
}

sdk::Status read_address(const std::string& url, std::optional<Tls> tls, Address& out) {
  LDAPURLDesc* parsed = nullptr;
  const bool good = ldap_url_parse(url.c_str(), &parsed) == LDAP_SUCCESS;
  const std::unique_ptr<LDAPURLDesc, Free> owned(parsed);
  const std::string_view scheme = good && parsed->lud_scheme != nullptr ? parsed->lud_scheme : "";
  if (!good || parsed->lud_host == nullptr || *parsed->lud_host == '\0' || (scheme != "ldap" && scheme != "ldaps")) {
    return config("url: '" + url + "' is not a server's address; write it like ldaps://directory.corp or ldap://directory.corp:389");
  }
  const bool secure = scheme == "ldaps";
  if (secure && tls && *tls != Tls::ldaps) return config("tls: says otherwise than url: '" + url + "'; leave tls out, or write ldap://");
  if (!secure && tls == Tls::ldaps) return config("tls: ldaps does not go with url: '" + url + "'; write ldaps://");
  out = address_of(parsed->lud_host, parsed->lud_port > 0 ? parsed->lud_port : (secure ? 636 : 389), secure ? Tls::ldaps : tls.value_or(Tls::start));
  return {};
}

sdk::Status read_bind(const sdk::Settings& settings, Access& out) {
  const std::string sasl = settings.text("sasl");
  if (!sasl.empty() && sasl != "external") return config("sasl: '" + sasl + "' is not known; use external, or dn and password");
  out.external = !sasl.empty();
  out.certificate = settings.text("certificate");
  out.private_key = settings.text("private_key");
  out.name = settings.text("dn");
  out.password = settings.text("password");
  if (out.certificate.empty() != out.private_key.empty()) return config("certificate: and private_key: go together; name both files");
  if (out.external && out.certificate.empty()) return config("sasl: external needs certificate: and private_key:, the gateway's own");
  if (out.external && !out.name.empty()) return config("sasl: external and dn: are two ways to bind; leave one out");
  if (!out.name.empty() && out.password.empty()) return config("password: is missing or empty; a server takes a name without a password for nobody, so give the password of dn:");
  if (out.name.empty() && !out.password.empty()) return config("dn: is missing; name whose password it is");
  return {};
}

/// Takes one filter (RFC 4515) from the front of a text: its parentheses, and a comparison in each of the innermost. The rest is the server's to judge.
bool take_filter(std::string_view& text, int depth = 0) {
  constexpr int kDeepest = 100;
  if (depth > kDeepest || !text.starts_with('(') || text.size() < 2) return false;
  text.remove_prefix(1);
  const bool many = text.front() == '&' || text.front() == '|';
  if (many || text.front() == '!') {
    text.remove_prefix(1);
    do {
      if (!take_filter(text, depth + 1)) return false;
    } while (many && text.starts_with('('));
  } else {
    const std::string_view item = text.substr(0, text.find_first_of("()"));
    if (item.find('=') == std::string_view::npos || item.front() == '=') return false;
    text.remove_prefix(item.size());
  }
  if (!text.starts_with(')')) return false;
  text.remove_prefix(1);
  return true;
}

bool good_filter(std::string_view filter) { return take_filter(filter) && filter.empty(); }

sdk::Status read_attributes(const sdk::Settings& settings, Choice& out) {
  out.attributes = settings.list("attributes");
  out.single = settings.list("single");
  if (out.single.empty()) out.single = {"uid", "cn", "sn", "givenName", "displayName"};
  std::vector<std::string> all = out.attributes;
  all.push_back(out.key);
  for (const std::string& name : all) {
    if (refused_name(name)) return config("attributes: '" + name + "' holds a password, a hash or a key, and is never read; leave it out");
    const bool good = !name.empty() && std::ranges::all_of(name, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.'; });
    if (!good) return config("attributes: '" + name + "' is not an attribute's name; name each one that is wanted");
  }
  return {};
}

}  // namespace

std::span<const mg_option> connection_options() { return kConnectionOptions; }
std::span<const mg_option> stream_options() { return kStreamOptions; }
std::span<const std::string_view> usual_attributes() { return kUsual; }

Address address_of(std::string host, int port, Tls tls) {
  Address out;
  out.host = std::move(host);
  out.port = port;
  out.tls = tls;
  const bool six = out.host.find(':') != std::string::npos;
  out.url = (tls == Tls::ldaps ? "ldaps://" : "ldap://") + (six ? "[" + out.host + "]" : out.host) + ":" + std::to_string(port);
  return out;
}

sdk::Status read_access(const sdk::Settings& settings, Access& out) {
  std::optional<Tls> tls;
  if (sdk::Status read = read_tls(settings, tls); !read.ok()) return read;
  out.tls = tls.value_or(Tls::start);
  out.domain = settings.text("domain");
  const auto urls = settings.list("url");
  if (urls.empty() == out.domain.empty()) return config("url: or domain: is needed, and only one of them; name the servers, or the domain whose DNS names them");
  for (const std::string& url : urls) {
    Address address;
    if (sdk::Status read = read_address(url, tls, address); !read.ok()) return read;
    out.servers.push_back(std::move(address));
  }
  if (sdk::Status read = read_bind(settings, out); !read.ok()) return read;
  out.authority = settings.text("ca");
  out.insecure = settings.boolean("insecure");
  out.connect_timeout = std::max(settings.duration("connect_timeout", out.connect_timeout), std::chrono::milliseconds(100));
  out.timeout = std::max(settings.duration("timeout", out.timeout), std::chrono::milliseconds(100));
  return {};
}

sdk::Status read_choice(const sdk::Settings& settings, Choice& out) {
  out.base = settings.text("base");
  const std::string scope = settings.text("scope", "subtree");
  if (scope != "subtree" && scope != "one") return config("scope: '" + scope + "' is not known; use subtree or one");
  out.scope = scope == "one" ? LDAP_SCOPE_ONELEVEL : LDAP_SCOPE_SUBTREE;
  out.filter = settings.text("filter", "(objectClass=*)");
  if (!good_filter(out.filter)) return config("filter: '" + out.filter + "' is not a filter; write it like (&(objectClass=person)(!(title=guest)))");
  out.key = settings.text("key", "entryUUID");
  const std::string capture = settings.text("capture");
  out.capture = capture_of(capture);
  if (!capture.empty() && !out.capture) return config("capture: '" + capture + "' is not known; use sync, poll or scan");
  if (out.capture == Capture::sync && lower(out.key) != "entryuuid") {
    return config("key: '" + out.key + "' does not go with capture: sync, since a server tells deletes by entryUUID alone; leave key out, or use capture: poll");
  }
  out.sweep = settings.duration("sweep", out.sweep);
  out.overlap = settings.duration("overlap", out.overlap);
  out.page = static_cast<int>(std::clamp<int64_t>(settings.integer("page", out.page), 1, 10000));
  out.largest_binary = static_cast<size_t>(std::max<int64_t>(settings.integer("largest_binary", static_cast<int64_t>(out.largest_binary)), 0));
  return read_attributes(settings, out);
}

}  // namespace meshgate::ldap
