#include "gateway/net/listening.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/unit/net/authority.hpp"

namespace meshgate::net::test {
namespace {

class ListeningTest : public testing::Test {
 protected:
  /// Reads what would stand under `node:`; what is wrong with it is in `said_`.
  Listening read(const std::string& yaml) {
    config::Diagnostics faults;
    config::Secrets secrets;
    const auto root = config::parse_yaml(yaml, authority_.path("mesh.yaml"), faults);
    const config::Section node(root, listening_keys(), secrets, faults);
    auto out = read_listening(node, secrets, faults);
    said_ = faults.text();
    return out;
  }
  void expect_said(const std::string& yaml, const std::string& words) {
    read(yaml);
    EXPECT_NE(said_.find(words), std::string::npos) << yaml << "\n" << said_;
  }

  Authority authority_;
  std::string said_;
};

TEST_F(ListeningTest, NothingGivenIsLoopbackWithTheDocumentedLimits) {
  const auto listening = read("{}");
  EXPECT_EQ(said_, "");
  EXPECT_FALSE(listening.tls);
  EXPECT_EQ(listening.server.port, 7443);
  const ServerOptions usual;
  EXPECT_EQ(listening.server.address, usual.address);
  EXPECT_EQ(listening.server.connections, usual.connections);
  EXPECT_EQ(listening.server.connections_per_address, usual.connections_per_address);
  EXPECT_EQ(listening.server.requests_per_address, usual.requests_per_address);
  EXPECT_EQ(listening.server.header_bytes, usual.header_bytes);
  EXPECT_EQ(listening.server.body_bytes, usual.body_bytes);
  EXPECT_EQ(listening.server.handshake_time, usual.handshake_time);
  EXPECT_EQ(listening.server.header_time, usual.header_time);
  EXPECT_EQ(listening.server.body_time, usual.body_time);
  EXPECT_EQ(listening.server.idle_time, usual.idle_time);
  EXPECT_EQ(listening.server.write_time, usual.write_time);
  EXPECT_EQ(listening.server.write_rate, usual.write_rate);
  EXPECT_EQ(listening.server.drain_time, usual.drain_time);
}

TEST_F(ListeningTest, FilesStandBesideTheConfiguration) {
  authority_.sign("node");
  const auto listening = read("listen: https://0.0.0.0:7443\ntls: { certificate: node.pem, key: node.key, client_ca: ca.pem, least: \"1.3\" }\naccess_log: access.log");
  EXPECT_EQ(said_, "");
  ASSERT_TRUE(listening.tls);
  EXPECT_EQ(listening.tls->certificate, authority_.path("node.pem"));
  EXPECT_EQ(listening.tls->clients, TlsOptions::Clients::required);
  EXPECT_EQ(listening.tls->least, TlsOptions::Version::tls13);
  EXPECT_EQ(listening.access_log, authority_.path("access.log"));
  EXPECT_EQ(read("access_log: stdout").access_log, "stdout");
}

TEST_F(ListeningTest, SaysWhatIsWrong) {
  authority_.sign("node");
  const std::string tls = "tls: { certificate: node.pem, key: node.key }";
  expect_said("listen: https://127.0.0.1:7443", "needs a certificate");
  expect_said("listen: http://127.0.0.1:7443\n" + tls, "is in clear");
  expect_said("listen: http://0.0.0.0:7443", "is reachable from other machines, in clear");
  expect_said("listen: ftp://0.0.0.0:7443", "does not begin with http:// or https://");
  expect_said("listen: https://127.0.0.1:7443\ntls: { certificate: node.pem }", "'key' is missing");
  expect_said("listen: https://127.0.0.1:7443\ntls: { certificate: none.pem, key: node.key }", "none.pem' there is no such file");
  expect_said("listen: https://127.0.0.1:7443\ntls: { certificate: node.pem, key: ca.key }", "does not belong to the certificate");
  expect_said("listen: https://127.0.0.1:7443\ntls: { certificate: node.pem, key: node.key, clients: required }", "`clients` needs `client_ca`");
  expect_said("listen: https://127.0.0.1:7443\ntls: { certificate: node.pem, key: node.key, client_ca: ca.pem, clients: perhaps }", "write required or optional");
  expect_said("listen: https://127.0.0.1:7443\ntls: { certificate: node.pem, key: node.key, least: \"1.1\" }", "no version of TLS");
  expect_said("proxies: [ 10.0.0.1/8 ]", "is no address and no network");
  expect_said("cors: [ https://app.corp/ ]", "is no origin");
  expect_said("cors: [ \"*\", https://app.corp ]", "allows every page already");
  expect_said("limits: { conections: 5 }", "did you mean 'connections'?");
  expect_said("limits: { header_time: 1ms }", "less than the least");
}

TEST_F(ListeningTest, WarnsOfAnEndThatIsNear) {
  authority_.sign("node", 3);
  expect_said("listen: https://127.0.0.1:7443\ntls: { certificate: node.pem, key: node.key }", "warning: the certificate");
}

TEST_F(ListeningTest, ThePageForOperatorsHasTheKeysAsTheyAre) {
  std::vector<config::Described> all{{"node", listening_keys(), "What is about listening; the other keys stand elsewhere."}};
  all.insert(all.end(), listening_sections().begin(), listening_sections().end());
  auto reference = config::reference_page(all, "Keys");
  std::stringstream page;
  page << std::ifstream(MESHGATE_NET_OPERATING).rdbuf();
  reference.erase(0, reference.find("## "));
  EXPECT_NE(page.str().find(reference), std::string::npos) << "OPERATING.md must end with:\n" << reference;
}

}  // namespace
}  // namespace meshgate::net::test
