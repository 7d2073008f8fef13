#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>

namespace meshgate::kafka {

struct Free {
  /// Leaves the broker alone: a consumer that assigns by itself is no group's member, and to say goodbye could wait for one that hangs.
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE); }
  void operator()(rd_kafka_conf_t* settings) const { rd_kafka_conf_destroy(settings); }
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
  void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
  void operator()(const rd_kafka_metadata_t* metadata) const { rd_kafka_metadata_destroy(metadata); }
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
  void operator()(rd_kafka_headers_t* headers) const { rd_kafka_headers_destroy(headers); }
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
  void operator()(rd_kafka_ConfigResource_t* resource) const { rd_kafka_ConfigResource_destroy(resource); }
};

using Handle = std::unique_ptr<rd_kafka_t, Free>;
using HandleSettings = std::unique_ptr<rd_kafka_conf_t, Free>;
using MessageHandle = std::unique_ptr<rd_kafka_message_t, Free>;
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, Free>;
using TopicHandle = std::unique_ptr<rd_kafka_topic_t, Free>;
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, Free>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Free>;
using Event = std::unique_ptr<rd_kafka_event_t, Free>;
using Headers = std::unique_ptr<rd_kafka_headers_t, Free>;
using ErrorHandle = std::unique_ptr<rd_kafka_error_t, Free>;
using ConfigResource = std::unique_ptr<rd_kafka_ConfigResource_t, Free>;

}  // namespace meshgate::kafka
