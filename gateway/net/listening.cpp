#include "gateway/net/listening.hpp"

#include <array>

#include "config/read_file.hpp"
#include "gateway/net/address.hpp"

namespace meshgate::net {

namespace {

using config::Form;
using config::Key;

constexpr std::array kKeys = {
    Key{.name = "listen",
        .form = Form::text,
        .fallback = "http://127.0.0.1:7443",
        .help = "Where readers connect, https:// with `tls:`; port 0 takes any free one. Beyond loopback in clear only with `insecure: true`."},
    Key{.name = "insecure", .form = Form::boolean, .fallback = "false", .help = "Allows listening beyond loopback without TLS: everybody on the network can read."},
    Key{.name = "tls", .form = Form::mapping, .help = "The certificate that is shown to readers, and whether they show one."},
    Key{.name = "limits", .form = Form::mapping, .help = "What one reader, one address and all together may take."},
    Key{.name = "proxies", .form = Form::list, .help = "Addresses or networks (10.0.0.0/8) of proxies in front; only their X-Forwarded-For is believed."},
    Key{.name = "cors", .form = Form::list, .help = "Origins (https://app.corp) whose pages may read this node in a browser; '*' for any."},
    Key{.name = "access_log", .form = Form::text, .help = "A file, or stdout, that gets one line of JSON for each answer."},
};

constexpr std::array kTlsKeys = {
    Key{.name = "certificate", .form = Form::path, .help = "A PEM file: the node's certificate, then those between it and the authority.", .required = true},
    Key{.name = "key", .form = Form::path, .help = "A PEM file with the certificate's private key, not encrypted.", .required = true},
    Key{.name = "client_ca", .form = Form::path, .help = "A PEM file with the authorities that sign the certificates of readers."},
    Key{.name = "clients", .form = Form::text, .fallback = "required", .help = "With client_ca: whether a reader must show a certificate, required or optional."},
    Key{.name = "least", .form = Form::text, .fallback = "1.2", .help = "The oldest TLS that is spoken, \"1.2\" or \"1.3\", in quotes."},
};

constexpr std::array kLimitKeys = {
    Key{.name = "connections", .form = Form::integer, .fallback = "10000", .help = "Open connections in all; one more gets 503, over TLS it is closed.", .least = 1, .most = 1000000},
    Key{.name = "connections_per_address", .form = Form::integer, .fallback = "1000", .help = "The same for one address (IPv6: one /64), 429; proxies do not count.", .least = 1, .most = 1000000},
    Key{.name = "requests", .form = Form::integer, .fallback = "0", .help = "Requests a second in all, 429 beyond; 0: no limit.", .least = 0, .most = 10000000},
    Key{.name = "requests_per_address", .form = Form::integer, .fallback = "0", .help = "The same for one address; a TLS handshake counts as a request. 0: no limit.", .least = 0, .most = 10000000},
    Key{.name = "burst", .form = Form::integer, .fallback = "0", .help = "So many requests may come at once before the rate holds; 0: what the rate allows in two seconds.", .least = 0, .most = 10000000},
    Key{.name = "header", .form = Form::size, .fallback = "16KiB", .help = "The longest request header; longer: 431.", .least = 1024, .most = 1048576},
    Key{.name = "body", .form = Form::size, .fallback = "1MiB", .help = "The longest request body; longer: 413.", .least = 1024, .most = 1073741824},
    Key{.name = "handshake_time", .form = Form::duration, .fallback = "10s", .help = "For the TLS handshake; then the connection is closed.", .least = 100, .most = 600000},
    Key{.name = "header_time", .form = Form::duration, .fallback = "10s", .help = "For a whole header from its first byte, and for the first byte of a connection; then 408.", .least = 100, .most = 600000},
    Key{.name = "body_time", .form = Form::duration, .fallback = "30s", .help = "For a whole request body; then 408.", .least = 100, .most = 3600000},
    Key{.name = "idle_time", .form = Form::duration, .fallback = "75s", .help = "Between two requests; then the connection is closed.", .least = 100, .most = 86400000},
    Key{.name = "write_time", .form = Form::duration, .fallback = "30s", .help = "A reader that takes nothing for so long is cut.", .least = 100, .most = 3600000},
    Key{.name = "write_rate", .form = Form::size, .fallback = "1KiB", .help = "A reader that takes fewer bytes a second, over a whole write, is cut.", .least = 1, .most = 1073741824},
    Key{.name = "drain_time", .form = Form::duration, .fallback = "5s", .help = "At SIGTERM: for answers under way; then their connections are cut.", .least = 0, .most = 600000},
};

constexpr std::array kSections = {
    config::Described{"node.tls", kTlsKeys, "TLS. The files are read again on SIGHUP and a few seconds after they change."},
    config::Described{"node.limits", kLimitKeys, "What one reader, one address and all together may take."},
};

TlsOptions::Clients clients_of(const config::Section& tls, config::Diagnostics& faults) {
  const std::string clients = tls.text("clients");
  if (!tls.has("client_ca")) {
    if (tls.has("clients")) faults.add(tls.place("clients"), "`clients` needs `client_ca`", "name the file with the authorities that sign the certificates of readers");
    return TlsOptions::Clients::none;
  }
  if (clients != "required" && clients != "optional") faults.add(tls.place("clients"), "'" + clients + "' is not known here", "write required or optional");
  return clients == "optional" ? TlsOptions::Clients::optional : TlsOptions::Clients::required;
}

TlsOptions read_tls(const config::Section& tls, config::Diagnostics& faults) {
  TlsOptions out;
  out.certificate = tls.path("certificate");
  out.key = tls.path("key");
  if (tls.has("client_ca")) out.client_ca = tls.path("client_ca");
  out.clients = clients_of(tls, faults);
  const std::string least = tls.text("least");
  if (least != "1.2" && least != "1.3") faults.add(tls.place("least"), "'" + least + "' is no version of TLS that is spoken here", "write \"1.2\" or \"1.3\"");
  if (least == "1.3") out.least = TlsOptions::Version::tls13;
  if (out.certificate.empty() || out.key.empty()) return out;
  const auto credentials = Credentials::load(out, make_ticket_keys());
  if (!credentials) {
    faults.add(tls.place("certificate"), credentials.error().message);
    return out;
  }
  for (const auto& warning : (*credentials)->warnings()) faults.warn(tls.place("certificate"), warning);
  return out;
}

std::size_t count(const config::Section& limits, std::string_view name) { return static_cast<std::size_t>(limits.integer(name)); }

void read_limits(const config::Section& limits, ServerOptions& out) {
  out.connections = count(limits, "connections");
  out.connections_per_address = count(limits, "connections_per_address");
  out.requests = count(limits, "requests");
  out.requests_per_address = count(limits, "requests_per_address");
  out.burst = count(limits, "burst");
  out.header_bytes = limits.size("header");
  out.body_bytes = limits.size("body");
  out.handshake_time = limits.duration("handshake_time");
  out.header_time = limits.duration("header_time");
  out.body_time = limits.duration("body_time");
  out.idle_time = limits.duration("idle_time");
  out.write_time = limits.duration("write_time");
  out.write_rate = limits.size("write_rate");
  out.drain_time = limits.duration("drain_time");
}

std::vector<Network> read_proxies(const config::Section& node, config::Diagnostics& faults) {
  std::vector<Network> out;
  for (const auto& text : node.list("proxies")) {
    const auto network = Network::parse(text);
    if (network) out.push_back(*network);
    if (!network) faults.add(node.place("proxies"), "'" + text + "' is no address and no network", "write it like 10.1.2.3, 10.0.0.0/8 or fd00::/8, with no bits behind the prefix");
  }
  return out;
}

Cors read_cors(const config::Section& node, config::Diagnostics& faults) {
  auto origins = node.list("cors");
  for (const auto& origin : origins) {
    if (!Cors::well_formed(origin)) {
      faults.add(node.place("cors"), "'" + origin + "' is no origin", "write it as browsers do: https://app.corp, in lower case, with a port where it is not the usual one, without a path");
    } else if (origin == "*" && origins.size() > 1) {
      faults.add(node.place("cors"), "'*' allows every page already", "name the origins, or only '*'");
    }
  }
  return Cors(std::move(origins));
}

std::string access_log_of(const config::Section& node) {
  const std::string where = node.text("access_log");
  if (where.empty() || where == "off") return {};
  return where == "stdout" ? where : config::beside(node.place("access_log").file, where);
}

void read_address(const config::Section& node, Listening& out, config::Diagnostics& faults) {
  const std::string listen = node.text("listen");
  const auto address = parse_listen(listen);
  if (!address) {
    faults.add(node.place("listen"), address.error().message, "write it like http://127.0.0.1:7443 or https://0.0.0.0:7443");
    return;
  }
  out.server.address = address->host;
  out.server.port = address->port;
  if (address->secure && !out.tls) {
    faults.add(node.place("listen"), "'" + listen + "' needs a certificate", "write `tls: { certificate: FILE, key: FILE }` under `node:`");
  } else if (!address->secure && out.tls) {
    faults.add(node.place("tls"), "there is a certificate, but '" + listen + "' is in clear", "write listen: https://…, or leave `tls` out");
  } else if (!address->secure && !address->loopback && !node.boolean("insecure")) {
    faults.add(node.place("listen"), "'" + listen + "' is reachable from other machines, in clear",
               "write https:// and `tls:` under `node:`, or listen on 127.0.0.1, or write `insecure: true` if everybody on that network may read everything");
  }
}

}  // namespace

std::span<const Key> listening_keys() { return kKeys; }
std::span<const config::Described> listening_sections() { return kSections; }

Listening read_listening(const config::Section& node, config::Secrets& secrets, config::Diagnostics& faults) {
  Listening out;
  if (node.has("tls")) out.tls = read_tls(config::Section(node.node("tls"), kTlsKeys, secrets, faults), faults);
  read_limits(config::Section(node.node("limits"), kLimitKeys, secrets, faults), out.server);
  out.server.proxies = read_proxies(node, faults);
  out.server.cors = read_cors(node, faults);
  out.access_log = access_log_of(node);
  read_address(node, out, faults);
  return out;
}

}  // namespace meshgate::net
