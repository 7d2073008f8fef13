#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/kafka/client.hpp"
#include "connectors/kafka/handle.hpp"
#include "connectors/kafka/publication.hpp"

namespace meshgate::kafka {

/// Writes to one topic in transactions, under an id by which the brokers let one writer at a time. Used by one thread. After a failure nothing can be done
/// with it but to close it: the next one of the same id settles what it left.
class Producer {
 public:
  using Clock = std::chrono::steady_clock;

  /// Does not yet reach out. The topic must be there: brokers may make one that is not.
  static sdk::Status open(const Site& site, const Publication& publication, const std::string& id, std::unique_ptr<Producer>& out);
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  // Each of these fails after a while, and notices a cancel within a second. Blocks.

  /// Ends what an earlier writer of this id left unfinished; that writer can write no more.
  sdk::Status take_over();
  sdk::Status begin();
  /// Copies all; a value of nothing is a tombstone.
  sdk::Status put(std::optional<std::string_view> key, std::optional<std::string_view> value, Headers headers);
  /// All since begin() is there when it succeeds.
  sdk::Status commit();
  /// Takes it all back, as far as that goes at once.
  void abort();

 private:
  explicit Producer(const Site& site, const Publication& publication) : site_(site), publication_(publication) {}
  sdk::Status configure(rd_kafka_conf_t* settings, const std::string& id);
  sdk::Status ask(Clock::time_point until, const std::function<rd_kafka_error_t*(int)>& call);
  sdk::Status failed_by(const rd_kafka_error_t& error);
  [[nodiscard]] std::string doing() const { return "topic '" + publication_.topic + "' at " + site_.access.servers; }

  static void on_delivery(rd_kafka_t* producer, const rd_kafka_message_t* message, void* self);
  static void on_log(const rd_kafka_t* producer, int level, const char* facility, const char* text);

  const Site& site_;
  const Publication& publication_;
  Handle handle_;
  TopicHandle topic_;  ///< goes before handle_
  Clock::time_point deadline_;
  std::string refused_key_;  ///< of the first message that was not taken
  rd_kafka_resp_err_t refused_ = RD_KAFKA_RESP_ERR_NO_ERROR;
};

}  // namespace meshgate::kafka
