#include "connectors/kafka/choice.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "connectors/kafka/topics.hpp"

namespace meshgate::kafka {

namespace {

using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;

sdk::Settings settings(const Pairs& pairs) {
  std::vector<mg_setting> all;
  for (const auto& [name, value] : pairs) all.push_back({sdk::borrow(name), sdk::borrow(value)});
  return {all.data(), all.size()};
}

std::string refused(const Pairs& pairs) {
  Access access;
  const sdk::Status read = read_access(settings(pairs), access);
  EXPECT_EQ(read.code, read.message.empty() ? MG_OK : MG_CONFIG);
  return read.message;
}

}  // namespace

TEST(KafkaChoice, TakesServersAndAnAccount) {
  Access access;
  ASSERT_TRUE(read_access(settings({{"servers", "kafka1.corp:9093"}, {"servers", "[::1]:9093"}, {"user", "reader"}, {"password", "x"}, {"buffer", "1"}}), access).ok());
  EXPECT_EQ(access.servers, "kafka1.corp:9093,[::1]:9093");
  EXPECT_TRUE(access.tls);
  EXPECT_EQ(access.mechanism, "SCRAM-SHA-512");
  EXPECT_EQ(access.buffer, 1 << 20);
}

TEST(KafkaChoice, NothingGoesInClearToAnotherMachineUnasked) {
  EXPECT_EQ(refused({{"servers", "localhost:9092"}, {"servers", "127.0.0.1:9092"}, {"tls", "false"}}), "");
  EXPECT_THAT(refused({{"servers", "localhost:9092"}, {"servers", "kafka1.corp:9092"}, {"tls", "false"}}), testing::HasSubstr("insecure: true"));
  EXPECT_EQ(refused({{"servers", "kafka1.corp:9092"}, {"tls", "false"}, {"insecure", "true"}}), "");
}

TEST(KafkaChoice, SaysWhichSettingIsWrong) {
  EXPECT_THAT(refused({}), testing::HasSubstr("servers:"));
  EXPECT_THAT(refused({{"servers", "kafka1.corp:9092,kafka2.corp:9092"}}), testing::HasSubstr("servers:"));
  EXPECT_THAT(refused({{"servers", "kafka1.corp:tls"}}), testing::HasSubstr("servers:"));
  EXPECT_THAT(refused({{"servers", "k:1"}, {"sasl", "gssapi"}, {"user", "mesh@CORP"}}), testing::HasSubstr("keytab:"));
  EXPECT_THAT(refused({{"servers", "k:1"}, {"password", "x"}}), testing::HasSubstr("user:"));
  const std::string said = refused({{"servers", "k:1"}, {"sasl", "digest"}, {"user", "u"}, {"password", "hush"}});
  EXPECT_THAT(said, testing::HasSubstr("digest"));
  EXPECT_THAT(said, testing::Not(testing::HasSubstr("hush")));
}

TEST(KafkaChoice, TakesAClientThatHasTokens) {
  const Pairs client = {{"servers", "k:1"}, {"sasl", "oauthbearer"}, {"user", "meshgate"}, {"password", "hush"}};
  const auto with = [&](const Pairs& more) {
    Pairs all = client;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  Access access;
  ASSERT_TRUE(read_access(settings(with({{"token_url", "https://login.corp/token"}, {"scope", "kafka"}})), access).ok());
  EXPECT_EQ(access.mechanism, "OAUTHBEARER");
  EXPECT_EQ(access.token_url, "https://login.corp/token");
  EXPECT_EQ(access.scope, "kafka");
  EXPECT_THAT(refused(client), testing::HasSubstr("token_url:"));
  EXPECT_THAT(refused(with({{"token_url", "ftp://login.corp"}})), testing::HasSubstr("token_url:"));
  EXPECT_THAT(refused(with({{"token_url", "http://login.corp/token"}})), testing::AllOf(testing::HasSubstr("insecure: true"), testing::Not(testing::HasSubstr("hush"))));
  EXPECT_EQ(refused(with({{"token_url", "http://127.0.0.1:8080/token"}})), "");
  EXPECT_EQ(refused(with({{"token_url", "http://login.corp/token"}, {"insecure", "true"}})), "");
}

/// Debian's is not built with it; one that is takes the settings.
TEST(KafkaChoice, SaysWhatTheLibraryLacksForTokens) {
  Site site{.access = {.servers = "127.0.0.1:1", .tls = false, .mechanism = "OAUTHBEARER", .user = "meshgate", .password = "hush", .token_url = "http://127.0.0.1:1/token"},
            .host = sdk::Host(nullptr), .cancelled = [] { return false; }, .registry = nullptr};
  std::array<char, 512> features{};
  size_t size = features.size();
  const HandleSettings usual(rd_kafka_conf_new());
  ASSERT_EQ(rd_kafka_conf_get(usual.get(), "builtin.features", features.data(), &size), RD_KAFKA_CONF_OK);
  const bool has_it = std::string_view(features.data()).find("oidc") != std::string_view::npos;
  std::unique_ptr<Client> client;
  const sdk::Status opened = Client::open(site, client);
  EXPECT_EQ(opened.ok(), has_it) << opened.message;
  EXPECT_THAT(opened.message, testing::AllOf(testing::HasSubstr(has_it ? "" : "built with libcurl"), testing::Not(testing::HasSubstr("hush"))));
}

TEST(KafkaChoice, TakesSeveralTopicsByNameAndPattern) {
  const auto read = [](const Pairs& pairs) {
    Choice out;
    const sdk::Status done = read_choice(settings(pairs), out);
    return done.ok() ? (out.several ? "several: " : "one: ") + out.topic : done.message;
  };
  EXPECT_EQ(read({{"topic", "clicks"}}), "one: clicks");
  EXPECT_EQ(read({{"topic", "clicks-*"}}), "several: clicks-*");
  EXPECT_EQ(read({{"topic", "a"}, {"topic", "b"}}), "several: a, b");
  EXPECT_THAT(read({{"topic", "a"}, {"topic", "b c"}}), testing::HasSubstr("'b c'"));
  EXPECT_THAT(read({{"topic", "a*!"}}), testing::HasSubstr("'a*!'"));
}

TEST(KafkaChoice, TheLastWordThatMatchesDecides) {
  EXPECT_TRUE(chooses({"clicks-*"}, "clicks-eu"));
  EXPECT_FALSE(chooses({"clicks-*"}, "clicks"));
  EXPECT_FALSE(chooses({"clicks-*", "!clicks-tmp*"}, "clicks-tmp1"));
  EXPECT_TRUE(chooses({"clicks-*", "!clicks-tmp*", "clicks-tmp1"}, "clicks-tmp1"));
  EXPECT_TRUE(chooses({"a", "b?"}, "b1"));
  EXPECT_FALSE(chooses({"!a"}, "b"));
}

TEST(KafkaChoice, KnowsTheShapes) {
  Choice choice;
  ASSERT_TRUE(read_choice(settings({{"topic", "t"}}), choice).ok());
  EXPECT_EQ(choice.shape, Shape::state);
  EXPECT_EQ(choice.key.format, "string");
  EXPECT_EQ(choice.value.format, "json");
  ASSERT_TRUE(read_choice(settings({{"topic", "t"}, {"shape", "events"}}), choice).ok());
  EXPECT_EQ(choice.shape, Shape::events);
  EXPECT_EQ(read_choice(settings({{"topic", "t"}, {"shape", "cube"}}), choice).code, MG_CONFIG);
  EXPECT_EQ(read_choice(settings({}), choice).code, MG_CONFIG);
}

}  // namespace meshgate::kafka
