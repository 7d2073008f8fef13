#include "connectors/kafka/failures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace meshgate::kafka {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(KafkaFailuresTest, SaysAtWhatAndWhatTheLibrarySaysAndWhatToDo) {
  const sdk::Status refused = failed(RD_KAFKA_RESP_ERR__AUTHENTICATION, "topic 'a' at b:1", "SASL authentication error: no");
  EXPECT_EQ(refused.code, MG_AUTH);
  EXPECT_EQ(refused.message, "topic 'a' at b:1: SASL authentication error: no; the brokers refuse the account; check sasl:, user: and password:");
}

TEST(KafkaFailuresTest, TheSameFailureIsTheSameTextHoweverLongItTook) {
  const std::string once = failed(RD_KAFKA_RESP_ERR__TRANSPORT, "x", "b:1: Connection refused (after 0ms in state CONNECT)").message;
  const std::string again = failed(RD_KAFKA_RESP_ERR__TRANSPORT, "x", "b:1: Connection refused (after 7ms in state CONNECT, 1 identical error(s) suppressed)").message;
  EXPECT_EQ(once, again);
  EXPECT_THAT(once, StartsWith("x: b:1: Connection refused; no broker can be reached"));
}

TEST(KafkaFailuresTest, OtherWordsInBracketsStay) {
  EXPECT_THAT(failed(RD_KAFKA_RESP_ERR__SSL, "x", "verify failed: (install ca-certificates package)").message, HasSubstr("(install ca-certificates package); TLS failed"));
  EXPECT_THAT(failed(RD_KAFKA_RESP_ERR__FAIL, "x", "failed (after all) at once").message, HasSubstr("failed (after all) at once; "));
}

TEST(KafkaFailuresTest, AHandshakeThatIsCutIsOneOfTls) {
  const sdk::Status cut = failed(RD_KAFKA_RESP_ERR__TRANSPORT, "x", "error:0A000126:SSL routines::unexpected eof while reading (after 1ms in state SSL_HANDSHAKE)");
  EXPECT_EQ(cut.code, MG_RETRY);
  EXPECT_THAT(cut.message, HasSubstr("TLS failed; check that this port speaks TLS"));
  EXPECT_THAT(cut.message, Not(HasSubstr("no broker")));
}

TEST(KafkaFailuresTest, WithoutWordsOfItsOwnTheErrorHasThoseOfTheLibrary) {
  const sdk::Status refused = failed(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "x", "");
  EXPECT_THAT(refused.message, StartsWith("x: Broker: Topic authorization failed; this account may not do that with it, or there is no such topic"));
  EXPECT_THAT(failed(RD_KAFKA_RESP_ERR__TIMED_OUT, "x", "").message, EndsWith("it is tried again"));
}

}  // namespace
}  // namespace meshgate::kafka
