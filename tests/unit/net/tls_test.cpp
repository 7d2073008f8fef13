#include <filesystem>
#include <fstream>
#include <thread>

#include "gateway/net/certificates.hpp"
#include "gateway/net/http_client.hpp"
#include "tests/unit/net/authority.hpp"
#include "tests/unit/net/server_fixture.hpp"

namespace meshgate::net::test {
namespace {

using std::chrono::milliseconds;

class TlsTest : public ServerFixture {
 protected:
  void SetUp() override { authority_.sign("node"); }
  void TearDown() override { server_.reset(); }

  [[nodiscard]] TlsOptions files() const {
    TlsOptions out;
    out.certificate = authority_.path("node.pem");
    out.key = authority_.path("node.key");
    return out;
  }
  void serve(const TlsOptions& tls, ServerOptions options = {}) {
    auto opened = Certificates::open(tls, log_, metrics_);
    ASSERT_TRUE(opened) << opened.error().message;
    certificates_ = std::move(*opened);
    options.certificates = certificates_.get();
    start(options);
  }
  [[nodiscard]] ClientOptions believing() const {
    ClientOptions out;
    out.ca = authority_.certificate();
    return out;
  }
  Result<HttpClient::Answer> ask(const std::string& path, ClientOptions options) const { return HttpClient(std::move(options)).send("GET", server_->url() + path); }
  Result<HttpClient::Answer> ask(const std::string& path) const { return ask(path, believing()); }
  [[nodiscard]] std::string refused(const TlsOptions& options) const {
    auto loaded = Credentials::load(options, make_ticket_keys());
    return loaded ? "taken" : loaded.error().message;
  }
  [[nodiscard]] double failed_handshakes() { return static_cast<double>(metrics_.counter("meshgate_tls_handshakes_failed", "").value()); }

  Authority authority_;
  std::unique_ptr<Certificates> certificates_;
};

TEST_F(TlsTest, AnswersSmallAndLarge) {
  serve(files());
  EXPECT_TRUE(server_->url().starts_with("https://127.0.0.1:"));
  const auto small = ask("/echo?a=b");
  ASSERT_TRUE(small) << small.error().message;
  EXPECT_EQ(small->status, 200U);
  EXPECT_NE(small->body.find("client: none\n"), std::string::npos) << small->body;
  auto plain = believing();
  plain.compressed = false;
  const auto large = ask("/big?size=20000000", plain);
  ASSERT_TRUE(large) << large.error().message;
  EXPECT_EQ(large->body, std::string(20000000, 'b'));
}

TEST_F(TlsTest, TakesALargeBody) {
  ServerOptions options;
  options.body_bytes = 1 << 20U;
  serve(files(), options);
  HttpClient client(believing());
  const std::string body(1000000, 'x');
  const auto answer = client.send("POST", server_->url() + "/echo", body);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_TRUE(answer->body.ends_with(body));
}

TEST_F(TlsTest, AClientOfAnotherAuthorityLeaves) {
  serve(files());
  const Authority other;
  ClientOptions options;
  options.ca = other.certificate();
  const auto answer = ask("/echo", options);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::config) << answer.error().message;
}

TEST_F(TlsTest, ClientsShowTheirCertificate) {
  authority_.sign("till 7");
  auto tls = files();
  tls.client_ca = authority_.certificate();
  tls.clients = TlsOptions::Clients::required;
  serve(tls);
  EXPECT_FALSE(ask("/echo"));
  auto options = believing();
  options.certificate = authority_.path("till 7.pem");
  options.key = authority_.path("till 7.key");
  const auto answer = ask("/echo", options);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_NE(answer->body.find("client: CN=till 7,O=corp\n"), std::string::npos) << answer->body;
}

TEST_F(TlsTest, AnOptionalCertificateMustBeGood) {
  const Authority other;
  other.sign("stranger");
  auto tls = files();
  tls.client_ca = authority_.certificate();
  tls.clients = TlsOptions::Clients::optional;
  serve(tls);
  EXPECT_TRUE(ask("/echo"));
  auto options = believing();
  options.certificate = other.path("stranger.pem");
  options.key = other.path("stranger.key");
  EXPECT_FALSE(ask("/echo", options));
}

TEST_F(TlsTest, NewFilesAreForNewConnections) {
  serve(files());
  HttpClient before(believing());
  ASSERT_TRUE(before.send("GET", server_->url() + "/echo"));
  const auto old = certificates_->current();
  certificates_->look();
  EXPECT_EQ(certificates_->current(), old);  // nothing changed
  authority_.sign("node", 50);
  certificates_->look();
  EXPECT_EQ(certificates_->current(), old);  // changed just now: perhaps not all of it yet
  certificates_->look();
  EXPECT_NE(certificates_->current(), old);
  EXPECT_LT(certificates_->current()->expires(), old->expires());
  EXPECT_TRUE(before.send("GET", server_->url() + "/echo"));  // goes on with the old
  EXPECT_TRUE(ask("/echo"));
}

TEST_F(TlsTest, BrokenNewFilesChangeNothing) {
  serve(files());
  const auto old = certificates_->current();
  std::ofstream(authority_.path("node.pem")) << "no certificate";
  certificates_->reload();
  certificates_->look();
  certificates_->look();
  EXPECT_EQ(certificates_->current(), old);
  EXPECT_TRUE(ask("/echo"));
  EXPECT_NE(metrics_.text().find("meshgate_certificate_refused_total 1\n"), std::string::npos) << metrics_.text();
}

TEST_F(TlsTest, SaysWhatIsWrongWithFiles) {
  authority_.sign("other");
  authority_.sign("old", -1);
  authority_.openssl("ec -in node.key -aes128 -passout pass:secret -out locked.key");
  auto tls = files();
  EXPECT_EQ(refused(tls), "taken");
  tls.key = authority_.path("other.key");
  EXPECT_NE(refused(tls).find("does not belong to the certificate"), std::string::npos) << refused(tls);
  tls.key = authority_.path("locked.key");
  EXPECT_NE(refused(tls).find("not encrypted"), std::string::npos) << refused(tls);
  tls.key = authority_.path("none.key");
  EXPECT_NE(refused(tls).find("there is no such file"), std::string::npos) << refused(tls);
  tls = files();
  tls.certificate = authority_.path("node.key");
  EXPECT_NE(refused(tls).find("it must be PEM"), std::string::npos) << refused(tls);
  tls.certificate = authority_.path("old.pem");
  tls.key = authority_.path("old.key");
  EXPECT_NE(refused(tls).find("expired on"), std::string::npos) << refused(tls);
}

TEST_F(TlsTest, WarnsOfTheEndAndOfAnOpenKey) {
  authority_.sign("node", 5);
  std::filesystem::permissions(authority_.path("node.key"), std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  const auto loaded = Credentials::load(files(), make_ticket_keys());
  ASSERT_TRUE(loaded);
  ASSERT_EQ((*loaded)->warnings().size(), 2U);
  EXPECT_NE((*loaded)->warnings()[0].find("expires on"), std::string::npos);
  EXPECT_NE((*loaded)->warnings()[1].find("everybody"), std::string::npos);
}

TEST_F(TlsTest, AHandshakeThatNeverFinishesIsCut) {
  ServerOptions options;
  options.handshake_time = milliseconds(100);
  serve(files(), options);
  EXPECT_TRUE(client().closed());
  auto half = client();
  half.send("\x16\x03\x01\x02");
  EXPECT_TRUE(half.closed());
  EXPECT_EQ(failed_handshakes(), 2);
}

TEST_F(TlsTest, WhatIsNotTlsIsClosed) {
  serve(files());
  auto clear = client();
  clear.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  (void)clear.take(100);
  EXPECT_TRUE(clear.closed());
  EXPECT_TRUE(ask("/echo"));
}

TEST_F(TlsTest, OneTooManyIsClosedWithoutAHandshake) {
  ServerOptions options;
  options.connections_per_address = 1;
  serve(files(), options);
  HttpClient one(believing());
  ASSERT_TRUE(one.send("GET", server_->url() + "/echo"));
  EXPECT_TRUE(client().closed());
  EXPECT_TRUE(one.send("GET", server_->url() + "/echo"));
}

TEST_F(TlsTest, AHandshakeCountsAsARequest) {
  ServerOptions options;
  options.requests_per_address = 1;
  options.burst = 3;
  serve(files(), options);
  HttpClient one(believing());
  const auto first = one.send("GET", server_->url() + "/echo");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->status, 200U);
  auto last = one.send("GET", server_->url() + "/echo");
  while (last && last->status == 200) last = one.send("GET", server_->url() + "/echo");
  ASSERT_TRUE(last);
  EXPECT_EQ(last->status, 429U);
  EXPECT_EQ(last->fields.find("Retry-After"), "1");
  EXPECT_GE(metrics_.counter("meshgate_http_requests_limited", "").value(), 1U);
}

TEST_F(TlsTest, DrainingDoesNotWaitForHandshakes) {
  serve(files());
  auto silent = client();
  ASSERT_TRUE(ask("/echo"));  // the server is past accepting the other
  std::thread drain([this] { server_->drain(std::chrono::seconds(10)); });
  EXPECT_TRUE(silent.closed());
  drain.join();
}

TEST_F(TlsTest, AReaderThatTakesNothingIsCut) {
  ServerOptions options;
  options.write_time = milliseconds(200);
  serve(files(), options);
  auto plain = believing();
  plain.compressed = false;
  HttpClient client(plain);
  std::size_t pieces = 0;
  const auto answer = client.stream(server_->url() + "/big?size=1000000000", {}, [&](std::string_view) {
    if (++pieces > 1) return true;
    auto& open = metrics_.gauge("meshgate_http_connections", "");
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (open.value() > 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    EXPECT_EQ(open.value(), 0);
    return false;
  });
  (void)answer;
}

}  // namespace
}  // namespace meshgate::net::test
