#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/kafka/client.hpp"
#include "connectors/kafka/message.hpp"

namespace meshgate::kafka {

/// The names of the headers that a published record has.
namespace headers {
constexpr const char* kFeed = "mesh-feed";
constexpr const char* kEpoch = "mesh-epoch";
constexpr const char* kSeq = "mesh-seq";
constexpr const char* kThrough = "mesh-through";
constexpr const char* kRev = "mesh-rev";
constexpr const char* kAt = "mesh-at";
constexpr const char* kPartition = "mesh-partition";
}  // namespace headers

/// What the headers of a record say of how it was published.
struct Stamp {
  std::string feed;
  std::string epoch;
  std::uint64_t through = 0;
  std::string rev;
  std::vector<std::string> partitions;
};
/// Nothing for a record that no gateway wrote.
std::optional<Stamp> stamp_of(const rd_kafka_headers_t* headers);

/// What the last record of each partition of a topic says of how far it has come.
class TopicTail {
 public:
  TopicTail(std::string_view feed, std::string_view epoch) : feed_(feed), epoch_(epoch) {}

  /// The last record of a partition.
  void add(const std::optional<Stamp>& stamp);
  /// MG_CONFIG: another feed was published there.
  sdk::Status judge(const std::string& topic, sdk::Written& out) const;

 private:
  std::string feed_;
  std::string epoch_;
  bool empty_ = true;
  bool unknown_ = false;
  std::string other_;  ///< another feed's name
  std::uint64_t through_ = 0;
};

/// The last committed record of each partition that has one. Blocks.
sdk::Status read_tail(Client& client, const std::string& topic, std::chrono::milliseconds timeout, TopicTail& out);

}  // namespace meshgate::kafka
