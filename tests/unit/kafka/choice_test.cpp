#include "connectors/kafka/choice.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
