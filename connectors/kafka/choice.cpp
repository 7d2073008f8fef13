#include "connectors/kafka/choice.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace meshgate::kafka {

namespace {

constexpr std::array kConnectionOptions = {
    sdk::option({.name = "servers", .type = MG_OPTION_LIST, .help = "The brokers that are asked first: kafka1.corp:9093; they name the others.", .required = true}),
    sdk::option({.name = "tls", .type = MG_OPTION_BOOLEAN, .help = "Whether the brokers are talked to over TLS, with their certificates and names verified.", .fallback = "true"}),
    sdk::option({.name = "ca", .type = MG_OPTION_PATH, .help = "A file with the certificates of the authorities that are trusted; without it those of the system."}),
    sdk::option({.name = "certificate", .type = MG_OPTION_PATH, .help = "A file with the gateway's own certificate, where brokers ask for one."}),
    sdk::option({.name = "private_key", .type = MG_OPTION_PATH, .help = "A file with the key of that certificate."}),
    sdk::option({.name = "sasl", .help = "How the account signs in: scram-sha-512 (usual), scram-sha-256, plain, gssapi or oauthbearer."}),
    sdk::option({.name = "user", .help = "Who signs in; with gssapi the principal, with oauthbearer the id of the client."}),
    sdk::option({.name = "password", .help = "The password of user, best as ${file:…}; with oauthbearer the secret of the client.", .secret = true}),
    sdk::option({.name = "keytab", .type = MG_OPTION_PATH, .help = "With gssapi: the file with the principal's keys."}),
    sdk::option({.name = "token_url", .help = "With oauthbearer: where tokens are had (OAuth 2.0, client credentials): https://login.corp/oauth2/token."}),
    sdk::option({.name = "scope", .help = "With oauthbearer: what is asked for of the token's issuer, where it wants that said."}),
    sdk::option({.name = "insecure", .type = MG_OPTION_BOOLEAN, .help = "Lets messages and passwords go in clear to brokers that are not on this machine.", .fallback = "false"}),
    sdk::option({.name = "group", .help = "The consumer group under which the brokers are told what was read, for tools that show lag. Nothing is read from it."}),
    sdk::option({.name = "timeout", .type = MG_OPTION_DURATION, .help = "How long the brokers may take to answer.", .fallback = "10s"}),
    sdk::option({.name = "buffer", .type = MG_OPTION_SIZE, .help = "What is fetched ahead for each stream, whatever the number of partitions.", .fallback = "16MiB"}),
    sdk::option({.name = "registry", .help = "The schema registry: https://registry.corp:8081."}),
    sdk::option({.name = "registry_user", .help = "Who signs in at the registry."}),
    sdk::option({.name = "registry_password", .help = "The password of registry_user, best as ${file:…}.", .secret = true}),
    sdk::option({.name = "registry_ca", .type = MG_OPTION_PATH, .help = "The authorities that are trusted for the registry; without it those of the system."}),
};

constexpr std::array kStreamOptions = {
    sdk::option({.name = "topic", .type = MG_OPTION_LIST, .help = "The topic that is read, or several: names, and patterns with *, ? and ! before what is left out.", .required = true, .stream_name = true}),
    sdk::option({.name = "shape", .help = "state: the last message of a key is its item, and one without a value deletes it; events: each message is an item.", .fallback = "state"}),
    sdk::option({.name = "key_format", .help = "How keys are written: string, bytes, int32, int64, json, connect-json, debezium; with a registry avro, protobuf, json-schema, debezium-avro.", .fallback = "string"}),
    sdk::option({.name = "value_format", .help = "How values are written, in the same words.", .fallback = "json"}),
    sdk::option({.name = "key_field", .help = "The name of a key that has no fields of its own.", .fallback = "key"}),
    sdk::option({.name = "value_field", .help = "The name of a value that has no fields of its own.", .fallback = "value"}),
    sdk::option({.name = "types", .type = MG_OPTION_LIST, .help = "field:type for fields of formats without a schema: total:decimal."}),
    sdk::option({.name = "metadata", .type = MG_OPTION_BOOLEAN, .help = "Also _topic, _partition, _offset, _timestamp and _headers of each message.", .fallback = "false"}),
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kMechanisms = {
    {{"scram-sha-512", "SCRAM-SHA-512"}, {"scram-sha-256", "SCRAM-SHA-256"}, {"plain", "PLAIN"}, {"gssapi", "GSSAPI"}, {"oauthbearer", "OAUTHBEARER"}}};

sdk::Status config(std::string message) { return sdk::failure(MG_CONFIG, std::move(message)); }

/// host:port, or [address]:port.
bool good_server(std::string_view server) {
  const size_t colon = server.rfind(':');
  if (colon == 0 || colon == std::string_view::npos || colon + 1 == server.size()) return false;
  const auto digits = server.substr(colon + 1);
  return std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }) && server.find_first_of("/, ") == std::string_view::npos;
}

bool is_local(std::string_view server) { return server.starts_with("127.") || server.starts_with("localhost:") || server.starts_with("[::1]:"); }

sdk::Status read_servers(const sdk::Settings& settings, Access& out) {
  bool local = true;
  for (const std::string& server : settings.list("servers")) {
    if (!good_server(server)) return config("servers: '" + server + "' is not a broker's address; write it like kafka1.corp:9093");
    local = local && is_local(server);
    out.servers.append(out.servers.empty() ? "" : ",").append(server);
  }
  if (out.servers.empty()) return config("servers: is empty; name at least one broker, like kafka1.corp:9093");
  out.tls = settings.boolean("tls", true);
  if (!out.tls && !local && !settings.boolean("insecure")) {
    return config("tls: false would send messages and passwords in clear over the network; leave it out, or say insecure: true");
  }
  return {};
}

/// The client's secret goes there.
sdk::Status read_token(const sdk::Settings& settings, Access& out) {
  constexpr std::string_view kClear = "http://";
  out.token_url = settings.text("token_url");
  out.scope = settings.text("scope");
  const std::string_view url = out.token_url;
  if (url.starts_with("https://")) return {};
  if (!url.starts_with(kClear)) return config("token_url: is missing or no address; name where tokens are had, like https://login.corp/oauth2/token");
  if (is_local(url.substr(kClear.size())) || settings.boolean("insecure")) return {};
  return config("token_url: would send the password in clear over the network; use https://, or say insecure: true");
}

sdk::Status read_account(const sdk::Settings& settings, Access& out) {
  const std::string word = settings.text("sasl");
  out.user = settings.text("user");
  out.password = settings.text("password");
  out.keytab = settings.text("keytab");
  out.certificate = settings.text("certificate");
  out.private_key = settings.text("private_key");
  if (out.certificate.empty() != out.private_key.empty()) return config("certificate: and private_key: go together; name both files");
  if (word.empty() && out.user.empty() && out.password.empty()) return {};
  const auto* const known = std::ranges::find(kMechanisms, word.empty() ? "scram-sha-512" : std::string_view(word), [](const auto& one) { return one.first; });
  if (known == kMechanisms.end()) return config("sasl: '" + word + "' is not known; use scram-sha-512, scram-sha-256, plain, gssapi or oauthbearer");
  out.mechanism = known->second;
  if (out.user.empty()) return config("user: is missing; name who signs in");
  if (out.mechanism == "GSSAPI") return out.keytab.empty() ? config("keytab: is missing; name the file with the keys of user:") : sdk::Status{};
  if (out.password.empty()) return config("password: is missing or empty; give the password of user:");
  return out.mechanism == "OAUTHBEARER" ? read_token(settings, out) : sdk::Status{};
}

/// One name is a topic, whatever it is called; the brokers know what it may be.
sdk::Status read_topics(const sdk::Settings& settings, Choice& out) {
  out.words = settings.list("topic");
  out.topic.clear();
  out.several = out.words.size() > 1 || (!out.words.empty() && out.words[0].find_first_of("*?!") != std::string::npos);
  for (const std::string& word : out.words) {
    out.topic.append(out.topic.empty() ? "" : ", ").append(word);
    const bool good = !word.empty() && std::ranges::all_of(word, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("._-*?!").find(c) != std::string_view::npos; });
    if (out.several && (!good || word.find('!', 1) != std::string::npos)) return config("topic: '" + word + "' is neither a topic's name nor a pattern like clicks-*");
  }
  return out.topic.empty() ? config("topic: is empty; name the topic that is to be read") : sdk::Status{};
}

}  // namespace

std::span<const mg_option> connection_options() { return kConnectionOptions; }
std::span<const mg_option> stream_options() { return kStreamOptions; }

sdk::Status read_access(const sdk::Settings& settings, Access& out) {
  if (sdk::Status read = read_servers(settings, out); !read.ok()) return read;
  if (sdk::Status read = read_account(settings, out); !read.ok()) return read;
  out.authority = settings.text("ca");
  out.group = settings.text("group");
  out.timeout = std::max(settings.duration("timeout", out.timeout), std::chrono::milliseconds(100));
  out.buffer = std::clamp<int64_t>(settings.integer("buffer", out.buffer), int64_t{1} << 20U, int64_t{1} << 30U);
  out.registry.url = settings.text("registry");
  out.registry.user = settings.text("registry_user");
  out.registry.password = settings.text("registry_password");
  out.registry.ca = settings.text("registry_ca");
  out.registry.timeout = out.timeout;
  return {};
}

sdk::Status read_choice(const sdk::Settings& settings, Choice& out) {
  if (sdk::Status read = read_topics(settings, out); !read.ok()) return read;
  const std::string shape = settings.text("shape", "state");
  if (shape != "state" && shape != "events") return config("shape: '" + shape + "' is not known; use state or events");
  out.shape = shape == "state" ? Shape::state : Shape::events;
  const auto types = settings.list("types");
  out.key = {.format = settings.text("key_format", "string"), .lone = settings.text("key_field", "key"), .types = types, .setting = "key_format", .key = true};
  out.value = {.format = settings.text("value_format", "json"), .lone = settings.text("value_field", "value"), .types = types, .setting = "value_format"};
  out.metadata = settings.boolean("metadata");
  return {};
}

}  // namespace meshgate::kafka
