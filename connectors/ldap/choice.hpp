#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "connectors/ldap/position.hpp"
#include "connectors/sdk/connector.hpp"

namespace meshgate::ldap {

enum class Tls : std::uint8_t { off, start, ldaps };

/// One server, as an address says it.
struct Address {
  std::string url;  ///< for the library and for people: "ldap://dc1.corp:389"
  std::string host;
  int port = 389;
  Tls tls = Tls::start;
};

/// What a connection's settings say.
struct Access {
  std::vector<Address> servers;  ///< in the order in which they are tried
  std::string domain;            ///< where servers are found by DNS (SRV); then `servers` is empty
  Tls tls = Tls::start;
  std::string authority;    ///< a file of certificates; empty: the system's
  std::string certificate;  ///< the gateway's own, for SASL EXTERNAL
  std::string private_key;
  bool external = false;  ///< SASL EXTERNAL
  std::string name;       ///< the DN to bind as; empty: nobody in particular
  std::string password;
  bool insecure = false;
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds timeout{10000};
};
std::span<const mg_option> connection_options();
sdk::Status read_access(const sdk::Settings& settings, Access& out);

/// What a stream's settings say.
struct Choice {
  std::string base;
  int scope = 0;  ///< LDAP_SCOPE_…
  std::string filter;
  std::string key;
  std::vector<std::string> attributes;  ///< empty: the usual ones that the server knows
  std::vector<std::string> single;      ///< taken as one text, whatever the schema says
  std::optional<Capture> capture;       ///< none: sync where the server can
  std::chrono::milliseconds sweep{3600000};
  std::chrono::milliseconds overlap{300000};
  int page = 500;
  size_t largest_binary = size_t{1} << 20U;
};
std::span<const mg_option> stream_options();
sdk::Status read_choice(const sdk::Settings& settings, Choice& out);

/// What is read of an entry where the settings name nothing.
std::span<const std::string_view> usual_attributes();

/// The address of a server of a domain that DNS told as host:port.
Address address_of(std::string host, int port, Tls tls);

}  // namespace meshgate::ldap
