#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/kafka/choice.hpp"
#include "connectors/kafka/handle.hpp"
#include "connectors/sdk/connector.hpp"

namespace meshgate::kafka {

/// By partition.
using Offsets = std::map<std::int32_t, std::int64_t>;
/// How many partitions topics have.
using Counts = std::map<std::string, std::int32_t>;

/// What the streams of a connection share with it; outlives them.
struct Site {
  Access access;
  sdk::Host host;
  std::function<bool()> cancelled;
  std::unique_ptr<format::Registry> registry;  ///< nothing where none is named
};

/// A consumer of the brokers, with the partitions that it reads. It belongs to no group and commits nothing by itself. Used by one thread; the library's own
/// threads never call us: what they have to say waits until it is asked for.
class Client {
 public:
  using Clock = std::chrono::steady_clock;

  /// Does not yet reach out.
  static sdk::Status open(const Site& site, std::unique_ptr<Client>& out);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Each of these asks the brokers, fails after the `timeout` setting, and notices a cancel within a second. Blocks.

  /// The brokers' own name for their cluster; empty where they have none.
  sdk::Status cluster(std::string& out);
  sdk::Status topics(Counts& out);
  /// The partitions of a topic, 0 and up.
  sdk::Status partitions(const std::string& topic, std::int32_t& out);
  enum class Edge : std::uint8_t { begin, end };
  /// Where partitions 0 … count-1 begin, or end for who reads committed messages only.
  sdk::Status offsets(const std::string& topic, std::int32_t count, Edge edge, Offsets& out);
  /// The same of all these topics, asked at once.
  sdk::Status offsets(const Counts& topics, Edge edge, std::map<std::string, Offsets>& out);
  /// The settings of a topic, by name; none where this account may not see them.
  sdk::Status settings(const std::string& topic, std::map<std::string, std::string>& out);

  /// Reads these partitions of these topics from these offsets on; what was fetched before is forgotten.
  sdk::Status assign(const std::map<std::string, Offsets>& from);
  void unassign();
  /// The next message or end of a partition (err: RD_KAFKA_RESP_ERR__PARTITION_EOF), nothing if none comes in time. What keeps messages from coming is a
  /// failure. Blocks.
  sdk::Status next(std::chrono::milliseconds wait, MessageHandle& out);
  /// Tells the brokers under the `group` setting what was read; whether that works does not matter.
  void commit(const std::string& topic, const Offsets& next);

 private:
  explicit Client(const Site& site) : site_(site) {}

  sdk::Status configure(rd_kafka_conf_t* settings);
  sdk::Status ask(std::string_view doing, const std::function<rd_kafka_resp_err_t(int)>& call);
  sdk::Status metadata(const std::string& topic, std::string_view doing, Metadata& out);
  [[nodiscard]] bool is_hopeless() const;
  sdk::Status trouble(std::string_view doing);
  [[nodiscard]] std::string at(std::string_view what) const;
  void serve();
  void keep_fetching();
  void note_group();

  static void on_error(rd_kafka_t* client, int error, const char* reason, void* self);
  static void on_log(const rd_kafka_t* client, int level, const char* facility, const char* text);

  const Site& site_;
  Handle handle_;
  PartitionList assigned_;   ///< asking where they end
  Queue queue_;              ///< of what they have at hand
  std::uint32_t served_ = 0;
  std::size_t at_hand_ = 0;  ///< messages, when they were last counted
  Clock::time_point fed_;    ///< when some had come since the count before
  rd_kafka_resp_err_t error_ = RD_KAFKA_RESP_ERR_NO_ERROR;  ///< what was last reported of connections
  std::string reason_;
  bool all_down_ = false;
  bool group_refused_ = false;
};

}  // namespace meshgate::kafka
