// directory_refresh BASE url=… dn=… password=…: three things on one server, timed: a refresh (RFC 4533) by the library alone, one through the connector with a
// sink that drops the entries, and going on from that one's Position when nothing has changed. Prints entries and seconds of each.

#include <lber.h>
#include <ldap.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "connectors/ldap/sync_controls.hpp"
#include "connectors/sdk/connector.hpp"

namespace {

using meshgate::sdk::borrow;
using Clock = std::chrono::steady_clock;

double since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

int fail(const char* what) {
  std::fprintf(stderr, "directory_refresh: %s\n", what);
  return 1;
}

/// Entries until the server says that the refresh is over; every value of each is touched, none is kept.
std::size_t raw_refresh(LDAP* handle, const char* base) {
  std::string value = meshgate::ldap::encode_request({});
  berval given{value.size(), value.data()};
  LDAPControl* control = nullptr;
  ldap_control_create(LDAP_CONTROL_SYNC, 1, &given, 1, &control);
  LDAPControl* controls[] = {control, nullptr};
  int request = 0;
  std::size_t entries = 0;
  ldap_search_ext(handle, base, LDAP_SCOPE_SUBTREE, "(objectClass=inetOrgPerson)", nullptr, 0, controls, nullptr, nullptr, LDAP_NO_LIMIT, &request);
  for (bool more = true; more;) {
    LDAPMessage* message = nullptr;
    if (ldap_result(handle, request, LDAP_MSG_ONE, nullptr, &message) <= 0) return 0;
    more = ldap_msgtype(message) == LDAP_RES_SEARCH_ENTRY;
    BerElement* element = nullptr;
    berval dn{};
    if (more && ldap_get_dn_ber(handle, message, &element, &dn) == LDAP_SUCCESS) {
      berval name{};
      berval* values = nullptr;
      while (ldap_get_attribute_ber(handle, message, element, &name, &values) == LDAP_SUCCESS && name.bv_val != nullptr) ber_memfree(values);
      ber_free(element, 0);
      ++entries;
    }
    ldap_msgfree(message);
  }
  ldap_abandon_ext(handle, request, nullptr, nullptr);
  ldap_control_free(control);
  return entries;
}

LDAP* bound(std::map<std::string, std::string>& settings) {
  LDAP* handle = nullptr;
  const int version = LDAP_VERSION3;
  berval password{settings["password"].size(), settings["password"].data()};
  if (ldap_initialize(&handle, settings["url"].c_str()) != LDAP_SUCCESS) return nullptr;
  ldap_set_option(handle, LDAP_OPT_PROTOCOL_VERSION, &version);
  return ldap_sasl_bind_s(handle, settings["dn"].c_str(), LDAP_SASL_SIMPLE, &password, nullptr, nullptr, nullptr) == LDAP_SUCCESS ? handle : nullptr;
}

/// Reads through the connector from a Position until there is nothing more; the new Position.
bool read_all(const std::vector<mg_setting>& connection_settings, const char* base, std::string& position, std::size_t& entries) {
  const mg_connector_module* module = mg_connector_entry(MG_CONNECTOR_ABI);
  mg_error error{};
  mg_host host{};
  mg_connection* connection = nullptr;
  mg_stream* stream = nullptr;
  const mg_setting of_stream[] = {{borrow("base"), borrow(base)}, {borrow("filter"), borrow("(objectClass=inetOrgPerson)")}};
  entries = 0;
  const mg_sink sink{sizeof(mg_sink), &entries, [](void*, const mg_column*, size_t) -> int32_t { return MG_OK; },
                     [](void* count, const mg_record*) -> int32_t {
                       ++*static_cast<std::size_t*>(count);
                       return MG_OK;
                     }};
  if (module->open(&host, connection_settings.data(), connection_settings.size(), &connection, &error) != MG_OK ||
      module->open_stream(connection, of_stream, 2, {}, &stream, &error) != MG_OK) {
    return fail(error.message) == 0;
  }
  mg_limits limits{};
  limits.size = sizeof limits;
  limits.max_wait_ms = 1;
  limits.max_records = 5000;
  limits.max_bytes = 4U << 20U;
  mg_progress progress{};
  progress.size = sizeof progress;
  do {
    if (module->read(stream, borrow(position), &limits, &sink, &progress, &error) != MG_OK) return fail(error.message) == 0;
    position = meshgate::sdk::view(progress.position);
  } while ((progress.flags & MG_IDLE) == 0);
  module->close_stream(stream);
  module->close(connection);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return fail("usage: directory_refresh BASE url=… dn=… password=…");
  std::map<std::string, std::string> settings;
  std::vector<mg_setting> given;
  for (int i = 2; i < argc; ++i) {
    const std::string_view pair = argv[i];
    settings[std::string(pair.substr(0, pair.find('=')))] = pair.substr(pair.find('=') + 1);
  }
  settings["tls"] = "off";
  for (const auto& [name, value] : settings) given.push_back({borrow(name), borrow(value)});
  LDAP* handle = bound(settings);
  if (handle == nullptr) return fail("the server cannot be reached");
  auto begin = Clock::now();
  const std::size_t raw = raw_refresh(handle, argv[1]);
  std::printf("library %zu %.3f\n", raw, since(begin));
  ldap_unbind_ext_s(handle, nullptr, nullptr);
  std::string position;
  std::size_t entries = 0;
  begin = Clock::now();
  if (!read_all(given, argv[1], position, entries)) return 1;
  std::printf("connector %zu %.3f\n", entries, since(begin));
  begin = Clock::now();
  if (!read_all(given, argv[1], position, entries)) return 1;
  std::printf("resume %zu %.4f\n", entries, since(begin));
  return 0;
}
