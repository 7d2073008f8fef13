#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace meshgate::kafka_test {

/// What a test does to a broker behind the gateway's back: topics, messages, transactions, rights. Every call waits until it is done, and says what is wrong or
/// nothing.
class Producer {
 public:
  using Fault = std::string;  ///< empty: it worked
  using Config = std::map<std::string, std::string>;

  /// With a transactional id what is sent counts only when its transaction is committed.
  explicit Producer(const std::string& servers, const std::string& transactional_id = {});
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  Fault make_topic(const std::string& name, int partitions, const Config& config);
  Fault delete_topic(const std::string& name);
  Fault add_partitions(const std::string& name, int total);
  /// What stands before this offset goes, as if retention had passed it.
  Fault delete_records(const std::string& topic, int partition, std::int64_t before);
  Fault configure(const std::string& topic, const Config& config);
  /// Lets `user` do `operation` (READ, DESCRIBE, DESCRIBE_CONFIGS) on a topic, or on a group.
  Fault grant(const std::string& user, const std::string& operation, const std::string& kind, const std::string& name);

  struct Sent {
    std::string topic;
    int partition = -1;  ///< below 0: by the key
    std::optional<std::string> key;
    std::optional<std::string> value;
    std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  };
  /// Hands it over; what becomes of it flush() says.
  Fault send(const Sent& message);
  Fault flush();
  Fault begin();
  Fault commit();
  Fault abort();

 private:
  static void delivered(rd_kafka_t* client, const rd_kafka_message_t* message, void* self);
  template <class Ask>
  Fault administer(Ask&& ask);

  rd_kafka_t* client_ = nullptr;
  std::string fault_;  ///< of messages since the last flush()
};

}  // namespace meshgate::kafka_test
