// What of reading topics can be shown without Java and Maven Central: over the cluster that librdkafka brings along to be tested with. It knows no deletion of
// topics, no retention, no transactions, no rights and no TLS; those are shown over Apache Kafka itself.
#include <gmock/gmock.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "tests/integration/kafka/producer.hpp"
#include "tests/integration/kafka/reading.hpp"

namespace meshgate::kafka_test {

namespace {

class KafkaMock : public testing::Test {
 protected:
  KafkaMock() {
    host_ = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nullptr, 0);
    cluster_ = rd_kafka_mock_cluster_new(host_, 1);
    servers_ = rd_kafka_mock_cluster_bootstraps(cluster_);
    producer_ = std::make_unique<Producer>(servers_);
  }
  ~KafkaMock() override {
    producer_.reset();
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(host_);
  }
  void make(const std::string& topic, int partitions) { EXPECT_EQ(rd_kafka_mock_topic_create(cluster_, topic.c_str(), partitions, 1), RD_KAFKA_RESP_ERR_NO_ERROR); }
  void put(const std::string& topic, const std::string& key, const std::optional<std::string>& value) {
    EXPECT_EQ(producer_->send({.topic = topic, .key = key, .value = value, .headers = {}}), "");
    EXPECT_EQ(producer_->flush(), "");
  }
  Reading open(const std::vector<std::string>& topics, Settings stream = {}) {
    for (const std::string& topic : topics) stream.emplace_back("topic", topic);
    return {{{"servers", servers_}, {"tls", "false"}}, stream};
  }

  rd_kafka_t* host_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
  std::string servers_;
  std::unique_ptr<Producer> producer_;
};

}  // namespace

TEST_F(KafkaMock, AKeysLastMessageIsItsItem) {
  make("prices", 3);
  for (int i = 0; i < 50; ++i) put("prices", "k" + std::to_string(i % 10), R"({"n":)" + std::to_string(i) + "}");
  Reading reading = open({"prices"});
  ASSERT_TRUE(reading.scan());
  EXPECT_EQ(reading.records, 50U);
  EXPECT_EQ(reading.items.size(), 10U);
  EXPECT_EQ(reading.items["k7"], "n=47");
  put("prices", "k7", std::nullopt);
  put("prices", "k8", R"({"n":100})");
  ASSERT_TRUE(reading.read_until([&] { return reading.records == 52; }));
  EXPECT_FALSE(reading.items.contains("k7"));
  EXPECT_EQ(reading.items["k8"], "n=100");
}

TEST_F(KafkaMock, APositionIsGoneOnFrom) {
  make("clicks", 2);
  for (int i = 0; i < 20; ++i) put("clicks", "k" + std::to_string(i), R"({"n":1})");
  Reading first = open({"clicks"}, {{"shape", "events"}});
  ASSERT_TRUE(first.scan());
  EXPECT_EQ(first.items.size(), 20U);
  put("clicks", "k", R"({"n":2})");
  Reading later = open({"clicks"}, {{"shape", "events"}});
  later.position = first.position;
  ASSERT_TRUE(later.read_until([&] { return later.records > 0; }));
  ASSERT_TRUE(later.read_to_rest());
  EXPECT_EQ(later.records, 1U) << "what was read is not read again";
}

TEST_F(KafkaMock, APoisonousValueIsAFaultAndHoldsNothingUp) {
  make("prices", 1);
  put("prices", "a", R"({"n":)");
  put("prices", "b", R"({"n":2})");
  Reading reading = open({"prices"});
  ASSERT_TRUE(reading.scan());
  ASSERT_EQ(reading.faults.size(), 1U);
  EXPECT_THAT(reading.faults[0], testing::HasSubstr("topic prices partition 0 offset 0"));
  EXPECT_EQ(reading.items["b"], "n=2");
}

TEST_F(KafkaMock, ABrokerThatIsAwayIsAFailureThatPasses) {
  make("prices", 1);
  put("prices", "a", R"({"n":1})");
  Reading reading = open({"prices"}, {});
  ASSERT_TRUE(reading.scan());
  rd_kafka_mock_broker_set_down(cluster_, 1);
  sdk::Status done;
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60); done.ok() && std::chrono::steady_clock::now() < end;) done = reading.read();
  EXPECT_EQ(done.code, MG_RETRY) << done.message;
  EXPECT_EQ(reading.items.size(), 1U);
  rd_kafka_mock_broker_set_up(cluster_, 1);
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60); !done.ok() && std::chrono::steady_clock::now() < end;) done = reading.read();
  EXPECT_TRUE(done.ok()) << done.message;
}

TEST_F(KafkaMock, TopicsThatAPatternChoosesAreOneStream) {
  make("clicks-eu", 1);
  make("clicks-us", 2);
  make("prices", 1);
  for (const char* topic : {"clicks-eu", "clicks-us", "prices"}) put(topic, "k", R"({"n":1})");
  Reading reading = open({"clicks-*"});
  ASSERT_TRUE(reading.scan());
  EXPECT_EQ(reading.items.size(), 2U);
  EXPECT_EQ(reading.items["clicks-us,k"], "n=1");
  make("clicks-asia", 1);
  put("clicks-asia", "k", R"({"n":2})");
  ASSERT_TRUE(reading.read_until([&] { return reading.items.contains("clicks-asia,k"); }));
  EXPECT_EQ(reading.records, 3U);
}

}  // namespace meshgate::kafka_test
