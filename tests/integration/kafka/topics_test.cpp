#include <gmock/gmock.h>

#include "connectors/kafka/position.hpp"
#include "tests/integration/kafka/broker.hpp"
#include "tests/integration/kafka/producer.hpp"
#include "tests/integration/kafka/reading.hpp"

namespace meshgate::kafka_test {

namespace {

using testing::HasSubstr;
constexpr std::int64_t kDay_ms = 86400000;

Broker& broker() {
  static Broker one;
  return one;
}

void must(const std::string& fault) {
  if (!fault.empty()) ADD_FAILURE() << fault;
}

/// A topic of its own, and one who writes to it.
class KafkaTopics : public testing::Test {
 protected:
  void make(int partitions, const Producer::Config& config = {}) { must(producer_.make_topic(topic_, partitions, config)); }
  void put(const std::string& key, const std::string& value, int partition = -1) { must(producer_.send({.topic = topic_, .partition = partition, .key = key, .value = value, .headers = {}})); }
  void remove(const std::string& key) { must(producer_.send({.topic = topic_, .key = key, .value = std::nullopt, .headers = {}})); }
  Reading open(const Settings& more = {}) {
    Settings stream = {{"topic", topic_}};
    stream.insert(stream.end(), more.begin(), more.end());
    return {{{"servers", broker().servers()}, {"tls", "false"}}, stream};
  }

  std::string topic_ = testing::UnitTest::GetInstance()->current_test_info()->name();
  Producer producer_{broker().servers()};
};

/// The Position as it was so long ago.
std::string aged(const std::string& position, std::int64_t by_ms) {
  auto at = kafka::Position::parse(position);
  if (!at) {
    ADD_FAILURE() << position;
    return {};
  }
  at->end_seen_ms -= by_ms;
  return at->text();
}

}  // namespace

TEST_F(KafkaTopics, AreFollowedInEachKeysOrder) {
  make(4);
  for (int i = 0; i < 200; ++i) put("k" + std::to_string(i % 20), R"({"n":)" + std::to_string(i) + "}");
  must(producer_.flush());
  Reading reading = open();
  ASSERT_TRUE(reading.scan());
  ASSERT_EQ(reading.items.size(), 20U);
  EXPECT_EQ(reading.items["k7"], "n=187");
  for (int i = 200; i < 400; ++i) put("k" + std::to_string(i % 20), R"({"n":)" + std::to_string(i) + "}");
  remove("k3");
  must(producer_.flush());
  ASSERT_TRUE(reading.read_until([&] { return reading.records == 401; }));
  ASSERT_TRUE(reading.read_to_rest());
  EXPECT_EQ(reading.records, 401U) << "each message once";
  EXPECT_EQ(reading.items.size(), 19U);
  EXPECT_EQ(reading.items["k7"], "n=387");
}

TEST_F(KafkaTopics, ShowWhatIsCommittedAndNothingElse) {
  make(1);
  put("a", R"({"n":1})");
  must(producer_.flush());
  Producer careful(broker().servers(), topic_);
  must(careful.begin());
  must(careful.send({.topic = topic_, .key = "b", .value = R"({"n":2})", .headers = {}}));
  must(careful.flush());
  put("c", R"({"n":3})");
  must(producer_.flush());
  Reading reading = open();
  ASSERT_TRUE(reading.scan()) << "an open transaction is not waited for";
  EXPECT_EQ(reading.items.size(), 1U);
  must(careful.abort());
  ASSERT_TRUE(reading.read_until([&] { return reading.items.contains("c"); }));
  ASSERT_TRUE(reading.read_to_rest()) << "also behind the mark of an abort the end is the end";
  EXPECT_FALSE(reading.items.contains("b"));
  must(careful.begin());
  must(careful.send({.topic = topic_, .key = "d", .value = R"({"n":4})", .headers = {}}));
  must(careful.abort());
  Reading other = open();
  ASSERT_TRUE(other.scan()) << "a topic that ends with what was aborted has an end";
  EXPECT_EQ(other.items, reading.items);
}

TEST_F(KafkaTopics, WithGapsOfCompactionAreReadToTheirEnd) {
  make(1, {{"cleanup.policy", "compact"}, {"segment.ms", "100"}, {"min.cleanable.dirty.ratio", "0.01"}, {"delete.retention.ms", "1"}, {"min.compaction.lag.ms", "0"}});
  for (int i = 0; i < 300; ++i) put("k" + std::to_string(i % 3), R"({"n":)" + std::to_string(i) + "}");
  must(producer_.flush());
  size_t met = 300;
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60); met >= 300 && std::chrono::steady_clock::now() < end;) {
    put("last", R"({"n":0})");  // rolls the segment
    must(producer_.flush());
    Reading reading = open();
    ASSERT_TRUE(reading.scan());
    met = reading.records;
    EXPECT_EQ(reading.items["k2"], "n=299");
    EXPECT_EQ(reading.items.size(), 4U);
    Reading on = open();
    on.position = reading.position;
    ASSERT_TRUE(on.read_to_rest());
    EXPECT_EQ(on.records, 0U);
  }
  EXPECT_LT(met, 300U) << "the broker has not compacted it within a minute";
}

TEST_F(KafkaTopics, WhoWasAwayForLongerThanTombstonesAreKeptReadsAnew) {
  make(1, {{"cleanup.policy", "compact"}});
  put("a", R"({"n":1})");
  must(producer_.flush());
  Reading reading = open();
  ASSERT_TRUE(reading.scan());
  const std::string position = reading.position;
  const auto read_after = [&](std::int64_t away_ms) {
    Reading later = open();
    later.position = aged(position, away_ms);
    return later.read();
  };
  EXPECT_TRUE(read_after(kDay_ms - 600000).ok());
  const sdk::Status gone = read_after(kDay_ms + 60000);
  EXPECT_EQ(gone.code, MG_GONE);
  EXPECT_THAT(gone.message, HasSubstr("delete.retention.ms"));
  must(producer_.configure(topic_, {{"cleanup.policy", "compact"}, {"delete.retention.ms", std::to_string(30 * kDay_ms)}}));
  EXPECT_TRUE(read_after(kDay_ms + 60000).ok());
  must(producer_.configure(topic_, {{"cleanup.policy", "delete"}}));
  EXPECT_TRUE(read_after(90 * kDay_ms).ok()) << "nothing but retention takes tombstones, and that shows in offsets";
}

TEST_F(KafkaTopics, OfAnotherClusterAreNotGoneOnWith) {
  make(1);
  Reading reading = open();
  ASSERT_TRUE(reading.scan());
  auto at = kafka::Position::parse(reading.position);
  ASSERT_TRUE(at);
  EXPECT_FALSE(at->cluster.empty());
  at->cluster = "another";
  reading.position = at->text();
  EXPECT_EQ(reading.read().code, MG_GONE);
}

TEST_F(KafkaTopics, OfEventsAreLookedUpByWhereTheyAre) {
  make(2);
  put("k", R"({"n":1})", 0);
  put("k", R"({"n":2})", 1);
  put("k", R"({"n":3})", 1);
  must(producer_.flush());
  Reading reading = open({{"shape", "events"}});
  ASSERT_TRUE(reading.scan());
  EXPECT_EQ(reading.items.size(), 3U);
  reading.items.clear();
  const std::string there = topic_ + "-1-1";
  const std::string later = topic_ + "-1-2";
  std::vector<mg_value> keys;
  for (const std::string_view id : {std::string_view(there), std::string_view(later), std::string_view("other-0-0"), std::string_view("")}) keys.push_back(sdk::string_value(MG_TEXT, id));
  const sdk::Status found = reading.lookup(keys);
  EXPECT_TRUE(found.ok()) << found.message;
  EXPECT_EQ(reading.items, (std::map<std::string, std::string>{{there, "key=k n=3"}}));
}

TEST_F(KafkaTopics, WhoseRegistryIsDownWait) {
  make(1);
  put("a", std::string("\0\0\0\0\1\2x", 7));
  must(producer_.flush());
  Reading reading({{"servers", broker().servers()}, {"tls", "false"}, {"registry", "http://127.0.0.1:1"}}, {{"topic", topic_}, {"value_format", "avro"}});
  const sdk::Status waits = reading.read();
  EXPECT_EQ(waits.code, MG_RETRY) << waits.message;
  EXPECT_TRUE(reading.position.empty());
  EXPECT_EQ(reading.records, 0U);
}

/// Topics that begin with the test's name and a dash.
class KafkaSeveralTopics : public KafkaTopics {
 protected:
  void make(const std::string& word) { must(producer_.make_topic(named(word), 2, {})); }
  void put(const std::string& word, const std::string& key, const std::string& value) { must(producer_.send({.topic = named(word), .key = key, .value = value, .headers = {}})); }
  [[nodiscard]] std::string named(const std::string& word) const { return topic_ + "-" + word; }
  Reading open(const std::vector<std::string>& topics, const Settings& more = {}) {
    Settings stream;
    for (const std::string& topic : topics) stream.emplace_back("topic", topic);
    stream.insert(stream.end(), more.begin(), more.end());
    return {{{"servers", broker().servers()}, {"tls", "false"}}, stream};
  }
};

TEST_F(KafkaSeveralTopics, AreOneStreamInWhichEachHasItsOwnKeys) {
  make("a");
  make("b");
  put("a", "k", R"({"n":1})");
  put("b", "k", R"({"n":2})");
  must(producer_.flush());
  Reading reading = open({named("a"), named("b")});
  ASSERT_TRUE(reading.scan());
  EXPECT_EQ(reading.items.size(), 2U);
  EXPECT_EQ(reading.items[named("a") + ",k"], "n=1");
  EXPECT_EQ(reading.items[named("b") + ",k"], "n=2");
  must(producer_.send({.topic = named("a"), .key = "k", .value = std::nullopt, .headers = {}}));
  put("b", "l", R"({"n":3})");
  must(producer_.flush());
  ASSERT_TRUE(reading.read_until([&] { return reading.items.contains(named("b") + ",l") && !reading.items.contains(named("a") + ",k"); }));

  Reading later = open({named("a"), named("b")});
  later.position = reading.position;
  put("a", "m", R"({"n":4})");
  must(producer_.flush());
  ASSERT_TRUE(later.read_until([&] { return later.items.contains(named("a") + ",m"); }));
  EXPECT_EQ(later.records, 1U) << "what was read is not read again";
}

TEST_F(KafkaSeveralTopics, JoinWhenAPatternChoosesThem) {
  make("a");
  make("tmp");
  put("a", "k", R"({"n":1})");
  put("tmp", "k", R"({"n":0})");
  must(producer_.flush());
  Reading reading = open({topic_ + "-*", "!" + topic_ + "-tmp"}, {{"shape", "events"}});
  ASSERT_TRUE(reading.scan());
  EXPECT_EQ(reading.records, 1U);
  make("late");
  put("late", "k", R"({"n":2})");
  must(producer_.flush());
  ASSERT_TRUE(reading.read_until([&] { return reading.records == 2; }));
  ASSERT_TRUE(reading.read_to_rest());
  EXPECT_EQ(reading.records, 2U);
}

TEST_F(KafkaSeveralTopics, GoAndTheRestIsReadAnew) {
  make("a");
  make("b");
  put("a", "k", R"({"n":1})");
  put("b", "k", R"({"n":2})");
  must(producer_.flush());
  Reading reading = open({topic_ + "-?"});
  ASSERT_TRUE(reading.scan());
  must(producer_.delete_topic(named("b")));
  Reading later = open({topic_ + "-?"});
  later.position = reading.position;
  sdk::Status done;
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60); done.code != MG_GONE && std::chrono::steady_clock::now() < end;) done = later.read();
  EXPECT_EQ(done.code, MG_GONE) << done.message;
  EXPECT_THAT(done.message, HasSubstr("topic '" + named("b") + "' is not there any more"));
  later.position.clear();
  ASSERT_TRUE(later.scan());
  EXPECT_EQ(later.items.size(), 1U);
}

TEST_F(KafkaSeveralTopics, ThatAreNoneAreAFailureAndNotAnEmptyStream) {
  std::unique_ptr<sdk::Connection> connection;
  const std::vector<mg_setting> access = {{sdk::borrow("servers"), sdk::borrow(broker().servers())}, {sdk::borrow("tls"), sdk::borrow("false")}};
  ASSERT_TRUE(kafka::ClusterConnection::open(sdk::Host(nullptr), {access.data(), access.size()}, connection).ok());
  std::unique_ptr<sdk::Stream> stream;
  const std::string pattern = topic_ + "-*";
  const std::vector<mg_setting> choice = {{sdk::borrow("topic"), sdk::borrow(pattern)}};
  const sdk::Status opened = connection->open_stream({choice.data(), choice.size()}, "reader", stream);
  EXPECT_EQ(opened.code, MG_CONFIG);
  EXPECT_THAT(opened.message, HasSubstr(pattern));
}

}  // namespace meshgate::kafka_test
