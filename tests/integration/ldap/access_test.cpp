// Reaching a server: TLS, passwords, certificates, several servers, limits; and whose password it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>

#include "connectors/sdk/module.hpp"
#include "tests/integration/ldap/reading.hpp"

namespace meshgate::ldap_test {

namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

sdk::Status opening(const Settings& connection, const Settings& stream) {
  sdk::Status out;
  const Reading reading(connection, stream, &out);
  return out;
}

Settings changed(Settings from, const std::string& name, const std::string& value) {
  std::erase_if(from, [&](const auto& one) { return one.first == name; });
  from.emplace_back(name, value);
  return from;
}

TEST(Tls, IsVerifiedAndMandatory) {
  Server server({"--tls"});
  server.add_person("anna");
  const Settings plain = changed(reader_of(server), "ca", server.authority());
  EXPECT_TRUE(opening(changed(plain, "tls", "start"), people_of(server)).ok());
  const Settings secure = changed(changed(plain, "url", server.tls_url()), "tls", "ldaps");
  const auto opened = opening(secure, people_of(server));
  EXPECT_TRUE(opened.ok()) << opened.message;

  for (const Settings& one : {changed(plain, "tls", "start"), secure}) {
    Settings without = one;
    std::erase_if(without, [](const auto& setting) { return setting.first == "ca"; });
    const auto refused = opening(without, people_of(server));
    EXPECT_FALSE(refused.ok()) << "nobody vouches for this certificate";
    EXPECT_THAT(refused.message, HasSubstr("TLS failed"));
    EXPECT_THAT(refused.message, testing::Not(HasSubstr(server.reader_password())));
  }
  const auto missing = opening(changed(secure, "ca", "/nowhere/ca.pem"), people_of(server));
  EXPECT_EQ(missing.code, MG_CONFIG) << missing.message;
}

TEST(Tls, ANameThatIsNotTheCertificatesIsRefused) {
  Server server({"--tls"});
  const std::string port = server.tls_url().substr(server.tls_url().rfind(':'));
  const auto refused = opening({{"url", "ldaps://127.0.0.2" + port}, {"ca", server.authority()}, {"connect_timeout", "2000"}}, people_of(server));
  EXPECT_FALSE(refused.ok());
}

TEST(Tls, AServerWithoutItIsNotSpokenToInClear) {
  Server server;
  Settings connection = reader_of(server);
  std::erase_if(connection, [](const auto& one) { return one.first == "tls"; });
  const auto refused = opening(connection, people_of(server));
  EXPECT_EQ(refused.code, MG_CONFIG);
  EXPECT_THAT(refused.message, HasSubstr("StartTLS"));
}

TEST(Bind, ByCertificate) {
  Server server({"--tls"});
  server.add_person("anna");
  const Settings connection = {{"url", server.tls_url()}, {"ca", server.authority()}, {"sasl", "external"}, {"certificate", server.folder() + "/reader.pem"}, {"private_key", server.folder() + "/reader.key"}};
  Reading reading(connection, people_of(server));
  const auto read = reading.read_all();
  ASSERT_TRUE(read.ok()) << read.message;
  EXPECT_EQ(reading.seen.entries.size(), 1U);
}

TEST(Bind, AWrongPasswordIsForAPerson) {
  Server server;
  const auto refused = opening(changed(reader_of(server), "password", "wrong-secret"), people_of(server));
  EXPECT_EQ(refused.code, MG_AUTH);
  EXPECT_THAT(refused.message, HasSubstr(server.reader()));
  EXPECT_THAT(refused.message, testing::Not(HasSubstr("wrong-secret")));
}

TEST(Bind, AnAccountWithoutRightsSeesNoEmptyDirectory) {
  Server server;
  server.add_person("anna");
  const auto refused = opening({{"url", server.url()}, {"tls", "off"}}, people_of(server));
  EXPECT_FALSE(refused.ok()) << "to see nothing is not to be empty";
}

TEST(Servers, TheNextOneIsTakenWhenOneIsDown) {
  Server down;
  Server up;
  up.add_person("anna");
  down.kill();
  Settings connection = reader_of(up);
  connection.insert(connection.begin(), {"url", down.url()});
  Reading reading(connection, people_of(up));
  ASSERT_TRUE(reading.read_all().ok());
  EXPECT_EQ(reading.seen.entries.size(), 1U);
}

TEST(Servers, AReplicaGoesOnFromTheCookieOfItsProvider) {
  Server provider({"--session-log", "100"});
  for (int i = 0; i < 50; ++i) provider.add_person("p" + std::to_string(i));
  Reading first(reader_of(provider), people_of(provider));
  ASSERT_TRUE(first.read_all().ok());
  Server replica({"--session-log", "100", "--server-id", "2", "--follows", provider.folder()});
  const auto copied = [&] {
    sdk::Status opened;
    Reading all(reader_of(replica), people_of(replica), &opened);
    return opened.ok() && all.read_all().ok() && all.seen.entries.size() == 50U;
  };
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (!copied()) ASSERT_LT(std::chrono::steady_clock::now(), end) << "the replica does not get there";
  provider.kill();

  Reading again(reader_of(replica), people_of(replica));
  again.position = first.position;
  const auto read = again.read_all();
  ASSERT_TRUE(read.ok()) << read.message;
  EXPECT_EQ(again.seen.records, 0U);
  EXPECT_FALSE(again.began);
}

TEST(Servers, AnotherDirectoryInItsPlaceReportsNoDeletes) {
  Server one({"--session-log", "100"});
  Server other({"--session-log", "100", "--server-id", "2"});
  for (int i = 0; i < 50; ++i) one.add_person("p" + std::to_string(i));
  other.add_person("somebody");
  Reading first(reader_of(one), people_of(one));
  ASSERT_TRUE(first.read_all().ok());
  Reading again(reader_of(other), people_of(other));
  again.position = first.position;
  const auto read = again.read();
  EXPECT_TRUE(again.seen.removed.empty()) << "what is missing is for the guard to judge";
  EXPECT_TRUE(!read.ok() || again.began || again.seen.entries.size() <= 1U);
}

TEST(Limits, APartIsAFailure) {
  Server server({"--size-limit", "10"});
  for (int i = 0; i < 20; ++i) server.add_person("p" + std::to_string(i));
  for (const char* capture : {"sync", "poll", "scan"}) {
    Reading reading(reader_of(server), people_of(server, {{"capture", capture}}));
    sdk::Status read;
    for (int reads = 0; read.ok() && !reading.scanned && reads < 50; ++reads) read = reading.read();
    EXPECT_FALSE(read.ok()) << capture;
    EXPECT_FALSE(reading.scanned) << capture;
    EXPECT_EQ(read.code, MG_CONFIG) << read.message;
    EXPECT_THAT(read.message, HasSubstr("size limit")) << read.message;
  }
}

TEST(Cancel, EndsAWaitWithinTwoSeconds) {
  Server server;
  server.add_person("anna");
  Reading reading(reader_of(server), people_of(server));
  ASSERT_TRUE(reading.read_all().ok());
  auto waiting = std::async(std::launch::async, [&] { return reading.read({.max_wait_ms = 600000}); });
  ASSERT_EQ(waiting.wait_for(300ms), std::future_status::timeout);
  sdk::Fence::cancel(reinterpret_cast<mg_connection*>(&reading.connection()));
  ASSERT_EQ(waiting.wait_for(2s), std::future_status::ready);
  EXPECT_EQ(waiting.get().code, MG_CANCELLED);
}

class Password : public testing::Test {
 protected:
  Password() {
    server_.add_person("anna", {{"userPassword", {"open sesame"}}});
    reading_ = std::make_unique<Reading>(reader_of(server_), people_of(server_));
    EXPECT_TRUE(reading_->read_all().ok());
    key_ = reading_->seen.by_name("uid=anna,").at("entryUUID");
  }
  int32_t verify(const std::string& key, const std::string& password) {
    std::vector<mg_setting> stream;
    const Settings settings = people_of(server_);
    for (const auto& [name, value] : settings) stream.push_back({sdk::borrow(name), sdk::borrow(value)});
    const auto done = reading_->connection().verify(sdk::Settings(stream.data(), stream.size()), {key, "anna", password});
    EXPECT_THAT(done.message, testing::Not(HasSubstr("sesame")));
    return done.code;
  }

  Server server_;
  std::unique_ptr<Reading> reading_;
  std::string key_;
};

TEST_F(Password, IsCheckedAsThatPersonWhereverTheEntryStandsNow) {
  EXPECT_EQ(verify(key_, "open sesame"), MG_OK);
  EXPECT_EQ(verify(key_, "open sesamE"), MG_AUTH);
  server_.rename("uid=anna," + server_.people(), "uid=anna2");
  EXPECT_EQ(verify(key_, "open sesame"), MG_OK);
  server_.remove("uid=anna2," + server_.people());
  EXPECT_EQ(verify(key_, "open sesame"), MG_AUTH);
}

TEST_F(Password, AnEmptyOneLetsNobodyIn) {
  EXPECT_EQ(verify(key_, ""), MG_AUTH);
  EXPECT_EQ(verify(std::string("*"), "open sesame"), MG_AUTH);
  EXPECT_EQ(verify(std::string("x)(objectClass=*"), "open sesame"), MG_AUTH);
}

TEST_F(Password, ADirectoryThatIsDownRefusesNobody) {
  server_.kill();
  EXPECT_EQ(verify(key_, "open sesame"), MG_RETRY);
  EXPECT_EQ(verify(key_, "wrong sesame"), MG_RETRY);
}

}  // namespace

}  // namespace meshgate::ldap_test
