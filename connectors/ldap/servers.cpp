// Which servers there are, and the first of them that answers.
#include <algorithm>
#include <charconv>

#include "connectors/ldap/failures.hpp"
#include "connectors/ldap/link.hpp"

namespace meshgate::ldap {

namespace {

constexpr int kPort = 389;
constexpr int kTlsPort = 636;

/// "dc1.corp:389", as DNS has it.
Address address_from(std::string_view host, Tls tls) {
  const size_t colon = std::min(host.rfind(':'), host.size());
  int port = kPort;
  if (colon < host.size()) std::from_chars(host.data() + colon + 1, host.data() + host.size(), port);
  return address_of(std::string(host.substr(0, colon)), tls == Tls::ldaps && port == kPort ? kTlsPort : port, tls);
}

/// Reaches one server and binds as the settings say. Blocks.
sdk::Status open_bound_at(const Access& access, const Address& server, Sockets& sockets, const std::function<bool()>& cancelled, std::unique_ptr<Link>& out) {
  std::unique_ptr<Link> link;
  if (sdk::Status opened = Link::open(access, server, sockets, cancelled, link); !opened.ok()) return opened;
  int code = 0;
  if (sdk::Status bound = link->bind({access.name, access.password, access.external}, code); !bound.ok()) return bound;
  if (code != LDAP_SUCCESS) return failed(code, access.external ? "bind by certificate at " + server.url : "bind as '" + access.name + "' at " + server.url, {});
  out = std::move(link);
  return {};
}

}  // namespace

sdk::Status servers_of(const Access& access, std::vector<Address>& out) {
  out = access.servers;
  if (access.domain.empty()) return {};
  char* list = nullptr;
  const int code = ldap_domain2hostlist(access.domain.c_str(), &list);
  const Text owned(list);
  if (code != LDAP_SUCCESS || list == nullptr) {
    return sdk::failure(MG_RETRY, "domain '" + access.domain + "': DNS names no servers for it (_ldap._tcp." + access.domain + "); check domain:, or name servers in url:");
  }
  const std::string_view hosts = list;
  for (size_t begin = 0; begin < hosts.size();) {
    const size_t end = std::min(hosts.find(' ', begin), hosts.size());
    if (end > begin) out.push_back(address_from(hosts.substr(begin, end - begin), access.tls));
    begin = end + 1;
  }
  return {};
}

sdk::Status open_bound(const Access& access, Sockets& sockets, const std::function<bool()>& cancelled, std::unique_ptr<Link>& out) {
  std::vector<Address> servers;
  if (sdk::Status found = servers_of(access, servers); !found.ok()) return found;
  sdk::Status all;
  for (const Address& server : servers) {
    sdk::Status one = open_bound_at(access, server, sockets, cancelled, out);
    // A wrong password is not tried everywhere: servers count such attempts.
    if (one.ok() || one.code == MG_CANCELLED || one.code == MG_AUTH) return one;
    all.code = all.ok() || all.code == one.code ? one.code : MG_RETRY;
    all.message += (all.message.empty() ? "" : ". ") + one.message;
  }
  return all;
}

}  // namespace meshgate::ldap
