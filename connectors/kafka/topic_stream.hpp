#pragma once

#include <map>
#include <memory>
#include <string>

#include "connectors/kafka/choice.hpp"
#include "connectors/kafka/client.hpp"
#include "connectors/kafka/lookup.hpp"
#include "connectors/kafka/message_table.hpp"
#include "connectors/kafka/position.hpp"
#include "connectors/kafka/topics.hpp"
#include "connectors/sdk/connector.hpp"

namespace meshgate::kafka {

/// One topic or several, read by offsets that the host keeps. The first read is a scan from the beginning to where the topic ended when it began; from there on
/// messages are followed as they come.
///
/// ```
///   no Position ──► scan ──(each partition has reached its end)──► follow
///                    ▲                                               │
///                    └── gone: retention passed the offset, away too long for tombstones, or the topic is another one
/// ```
class TopicStream : public sdk::Stream {
 public:
  /// Reaches the brokers. Blocks.
  static sdk::Status open(const Site& site, Choice choice, std::unique_ptr<sdk::Stream>& out);

  sdk::Status read(std::string_view position, const mg_limits& limits, sdk::Sink& sink, sdk::Progress& out) override;
  sdk::Status lookup(const sdk::Keys& keys, sdk::Sink& sink) override { return lookup_.answer(keys, table_->known(), sink); }
  sdk::Status settled(std::string_view position) override;

 private:
  /// What is known of a partition while it is read.
  struct Ward {
    std::int64_t target = 0;  ///< where it ended when it was placed
    bool ended = false;       ///< nothing more is there at present
    bool unproved = false;    ///< whether the message before the next one is still the same has to show
  };
  /// One read under way.
  struct Turn {
    sdk::Sink& sink;
    sdk::Budget& budget;
    sdk::Progress& out;
    bool announced = false;
    bool more = true;      ///< the host takes more
    bool waiting = false;  ///< a message cannot be decoded at present, and what was read before it counts
  };

  TopicStream(const Site& site, Choice choice, std::unique_ptr<MessageTable> table, std::unique_ptr<Client> client)
      : site_(site), choice_(std::move(choice)), table_(std::move(table)), client_(std::move(client)), lookup_(site_, choice_) {}

  sdk::Status place(const Position* from);
  sdk::Status begin(const Edges& begins, const std::string& cluster);
  sdk::Status resume(const Position& from, const Edges& begins, const Edges& ends, const std::string& cluster);
  sdk::Status judge_absence();
  sdk::Status judge_absence(const std::string& topic, std::int64_t away);
  sdk::Status run(Turn& turn);
  sdk::Status take(const rd_kafka_message_t& message, Turn& turn);
  void emit(const Message& message, Meaning meaning, Turn& turn);
  void finish_scan(Turn& turn);
  [[nodiscard]] std::chrono::milliseconds patience(const Turn& turn) const;
  sdk::Status rest(Turn& turn);
  sdk::Status welcome_partitions();
  void say_grown(const std::string& topic, std::int32_t before, std::int32_t now) const;
  [[nodiscard]] Counts counts() const;
  [[nodiscard]] std::string named(const Place& place) const;
  [[nodiscard]] bool all_ended() const;
  [[nodiscard]] bool scan_done() const;
  [[nodiscard]] bool has_to_be_placed(std::string_view position) const;
  sdk::Status gone(std::string_view why) const;

  const Site& site_;
  const Choice choice_;
  std::unique_ptr<MessageTable> table_;
  std::unique_ptr<Client> client_;
  Lookup lookup_;
  Position at_;
  bool rested_ = false;  ///< the host knows that everything that came was read
  std::string given_;  ///< the Position of the last read, while what follows it is at hand
  std::map<Place, Ward, ByPlace> wards_;
  std::int64_t asked_us_ = 0;  ///< when the brokers were last asked where the topic ends
  std::uint64_t total_ = 0;    ///< messages that were to come when the topic was placed
  Client::Clock::time_point placed_;
  Client::Clock::time_point heard_;     ///< the last message
  Client::Clock::time_point counted_;   ///< the partitions
};

}  // namespace meshgate::kafka
