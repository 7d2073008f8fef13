#include <array>
#include <memory>
#include <thread>

#include "tests/contract/harness.hpp"
#include "tests/integration/kafka/broker.hpp"
#include "tests/integration/kafka/producer.hpp"

namespace meshgate::contract {

namespace {

/// Started by the first test, ended with the program.
kafka_test::Broker& broker() {
  static kafka_test::Broker one;
  return one;
}

void must(const std::string& fault) {
  if (!fault.empty()) ADD_FAILURE() << fault;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20U) {
      out.append(c == '\n' ? "\\n" : "\\t");
    } else {
      out += c;
    }
  }
  return out + "\"";
}

/// A topic of its own in an Apache Kafka: keys as Kafka's LongSerializer writes them, values in JSON. A row that is erased is a tombstone.
/// One partition: of several the order in which they come is not always the same.
class KafkaHarness : public Harness {
 public:
  KafkaHarness() : topic_(next_name()), producer_(std::make_unique<kafka_test::Producer>(broker().servers())) {
    must(producer_->make_topic(topic_, 1, {{"cleanup.policy", "compact"}}));
  }
  ~KafkaHarness() override { broker().resume(); }

  [[nodiscard]] std::string plugin() const override { return MESHGATE_PLUGIN; }
  [[nodiscard]] ingest::Settings connection() const override { return {{"servers", broker().servers()}, {"tls", "false"}, {"timeout", "60000"}}; }
  [[nodiscard]] ingest::Settings stream() const override {
    return {{"topic", topic_}, {"key_format", "int64"}, {"key_field", "id"}, {"types", "name:text"}, {"types", "total:decimal"}};
  }
  [[nodiscard]] std::string stream_name() const override { return topic_; }
  [[nodiscard]] bool discovers_key() const override { return false; }
  [[nodiscard]] bool scans_again() const override { return false; }

  [[nodiscard]] std::vector<WrongSettings> wrong_settings() const override {
    const auto changed = [](ingest::Settings settings, std::string name, std::string value) {
      std::erase_if(settings, [&](const auto& one) { return one.name == name; });
      settings.push_back({std::move(name), std::move(value)});
      return settings;
    };
    const auto good = connection();
    const auto account = changed(changed(good, "user", "reader"), "password", "secret");
    return {{"no port", changed(good, "servers", "kafka1.corp"), stream(), "kafka1.corp"},
            {"in clear over the network", changed(good, "servers", "kafka1.corp:9092"), stream(), "tls: false"},
            {"a way to sign in that is none", changed(account, "sasl", "digest"), stream(), "digest"},
            {"nobody signs in", changed(good, "sasl", "plain"), stream(), "user:"},
            {"no password", changed(good, "user", "reader"), stream(), "password:"},
            {"half a certificate", changed(good, "certificate", "/no.pem"), stream(), "private_key:"},
            {"no such file", changed(changed(good, "tls", "true"), "ca", "/no/such.pem"), stream(), "ca:"},
            {"no such topic", good, changed(stream(), "topic", "no.such.topic"), "no.such.topic"},
            {"no topic at all", good, changed(stream(), "topic", ""), "topic:"},
            {"no name of a topic", good, changed(stream(), "topic", "a b"), "a b"},
            {"shape unknown", good, changed(stream(), "shape", "cube"), "cube"},
            {"key format unknown", good, changed(stream(), "key_format", "xml"), "key_format"},
            {"value format unknown", good, changed(stream(), "value_format", "xml"), "value_format"},
            {"type unknown", good, changed(stream(), "types", "total:money"), "money"}};
  }

  void insert(const std::vector<Row>& rows) override {
    for (const Row& row : rows) send(row.id, value_of(row));
    must(producer_->flush());
  }
  void update(const Row& row) override { insert({row}); }
  void erase(std::int64_t id) override {
    send(id, std::nullopt);
    must(producer_->flush());
  }
  bool insert_bad(std::int64_t id) override {
    send(id, R"({"name":"bad","total":"cheap"})");
    must(producer_->flush());
    return true;
  }
  void stop_source() override { broker().kill(); }
  void start_source() override { broker().start_again(); }
  bool block_reads() override {
    broker().pause();
    return true;
  }
  void wait_until_blocked() override {
    while (!broker().has_unread()) std::this_thread::yield();
  }

 private:
  static std::string next_name() {
    static int made = 0;
    return "contract." + std::to_string(++made);
  }
  static std::string value_of(const Row& row) {
    return R"({"id":)" + std::to_string(row.id) + R"(,"name":)" + (row.name ? quoted(*row.name) : "null") + R"(,"total":)" + row.total.value_or("null") + "}";
  }
  void send(std::int64_t id, std::optional<std::string> value) {
    std::string key;
    for (unsigned shift = 64; shift > 0; shift -= 8) key += static_cast<char>(static_cast<std::uint64_t>(id) >> (shift - 8));
    must(producer_->send({.topic = topic_, .key = key, .value = std::move(value), .headers = {}}));
  }

  std::string topic_;
  std::unique_ptr<kafka_test::Producer> producer_;
};

}  // namespace

INSTANTIATE_TEST_SUITE_P(Kafka, ConnectorContract, testing::Values(HarnessKind{"Broker", [] { return std::make_unique<KafkaHarness>(); }}), kind_name);

}  // namespace meshgate::contract
