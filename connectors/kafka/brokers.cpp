#include "connectors/kafka/brokers.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace meshgate::kafka {

std::vector<BrokerSetting> broker_settings(const Access& access) {
  const std::string protocol = std::string(access.mechanism.empty() ? "" : "SASL_") + (access.tls ? "SSL" : "PLAINTEXT");
  const std::string timeout = std::to_string(std::clamp<int64_t>(access.timeout.count(), 1000, 300000));
  const bool kerberos = access.mechanism == "GSSAPI";
  const bool by_token = access.mechanism == "OAUTHBEARER";
  const bool by_password = !kerberos && !by_token;
  return {
      {"bootstrap.servers", access.servers},
      {"client.id", "meshgate"},
      {"security.protocol", protocol},
      {"ssl.ca.location", access.tls ? access.authority : ""},
      {"ssl.certificate.location", access.tls ? access.certificate : ""},
      {"ssl.key.location", access.tls ? access.private_key : ""},
      {"sasl.mechanism", access.mechanism},
      {"sasl.username", by_password ? access.user : ""},
      {"sasl.password", by_password ? access.password : ""},
      {"sasl.kerberos.principal", kerberos ? access.user : ""},
      {"sasl.kerberos.keytab", kerberos ? access.keytab : ""},
      {"sasl.oauthbearer.method", by_token ? "oidc" : ""},
      {"sasl.oauthbearer.client.id", by_token ? access.user : ""},
      {"sasl.oauthbearer.client.secret", by_token ? access.password : ""},
      {"sasl.oauthbearer.token.endpoint.url", access.token_url},
      {"sasl.oauthbearer.scope", access.scope},
      {"socket.timeout.ms", timeout},
      {"socket.connection.setup.timeout.ms", timeout},
      {"reconnect.backoff.max.ms", "2000"},
      {"log.queue", "true"},
      {"log.connection.close", "false"},
  };
}

sdk::Status apply(rd_kafka_conf_t* to, const std::vector<BrokerSetting>& settings, const Access& access) {
  std::array<char, 512> reason{};
  for (const auto& [name, value] : settings) {
    if (value.empty() || rd_kafka_conf_set(to, name, value.c_str(), reason.data(), reason.size()) == RD_KAFKA_CONF_OK) continue;
    if (std::string_view(name) == "sasl.oauthbearer.method") {
      return sdk::failure(MG_CONFIG, "the settings at " + access.servers + " cannot be used: sasl: oauthbearer needs a librdkafka that is built with libcurl, and " + rd_kafka_version_str() +
                                         " here is not; put one that is in its place, or use another sasl:");
    }
    return sdk::failure(MG_CONFIG, "the settings at " + access.servers + " cannot be used: librdkafka does not take what is given for " + name + "; check how it is written");
  }
  return {};
}

}  // namespace meshgate::kafka
