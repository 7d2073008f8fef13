#include "tests/integration/kafka/producer.hpp"

#include <array>

namespace meshgate::kafka_test {

namespace {

constexpr int kPatience_ms = 60000;

std::string fault_of(rd_kafka_error_t* error) {
  if (error == nullptr) return {};
  std::string out = rd_kafka_error_string(error);
  rd_kafka_error_destroy(error);
  return out;
}

std::string fault_of(rd_kafka_resp_err_t error) { return error == RD_KAFKA_RESP_ERR_NO_ERROR ? "" : rd_kafka_err2str(error); }

/// The first fault among the results of an event, whatever was asked.
std::string fault_of(rd_kafka_event_t* event) {
  if (event == nullptr) return "no answer";
  if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) return rd_kafka_event_error_string(event);
  size_t count = 0;
  const rd_kafka_topic_result_t** topics = nullptr;
  if (const auto* made = rd_kafka_event_CreateTopics_result(event)) topics = rd_kafka_CreateTopics_result_topics(made, &count);
  if (const auto* gone = rd_kafka_event_DeleteTopics_result(event)) topics = rd_kafka_DeleteTopics_result_topics(gone, &count);
  if (const auto* grown = rd_kafka_event_CreatePartitions_result(event)) topics = rd_kafka_CreatePartitions_result_topics(grown, &count);
  for (size_t i = 0; i < count; ++i) {
    if (rd_kafka_topic_result_error(topics[i]) != RD_KAFKA_RESP_ERR_NO_ERROR) return rd_kafka_topic_result_error_string(topics[i]);
  }
  return {};
}

}  // namespace

Producer::Producer(const std::string& servers, const std::string& transactional_id) {
  rd_kafka_conf_t* settings = rd_kafka_conf_new();
  std::array<char, 512> reason{};
  const auto set = [&](const char* name, const std::string& value) {
    if (rd_kafka_conf_set(settings, name, value.c_str(), reason.data(), reason.size()) != RD_KAFKA_CONF_OK) fault_ = reason.data();
  };
  set("bootstrap.servers", servers);
  set("linger.ms", "2");
  set("enable.idempotence", "true");
  set("message.max.bytes", "33000000");
  set("log_level", "2");
  if (!transactional_id.empty()) set("transactional.id", transactional_id);
  rd_kafka_conf_set_opaque(settings, this);
  rd_kafka_conf_set_dr_msg_cb(settings, &Producer::delivered);
  client_ = rd_kafka_new(RD_KAFKA_PRODUCER, settings, reason.data(), reason.size());
  if (client_ == nullptr) fault_ = reason.data();
  if (client_ != nullptr && !transactional_id.empty()) fault_ = fault_of(rd_kafka_init_transactions(client_, kPatience_ms));
}

Producer::~Producer() {
  if (client_ == nullptr) return;
  rd_kafka_purge(client_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_destroy(client_);
}

void Producer::delivered(rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) static_cast<Producer*>(self)->fault_ = rd_kafka_err2str(message->err);
}

template <class Ask>
Producer::Fault Producer::administer(Ask&& ask) {
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client_);
  rd_kafka_AdminOptions_t* options = rd_kafka_AdminOptions_new(client_, RD_KAFKA_ADMIN_OP_ANY);
  std::array<char, 256> reason{};
  rd_kafka_AdminOptions_set_request_timeout(options, kPatience_ms, reason.data(), reason.size());
  ask(options, queue);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, kPatience_ms);
  Fault out = fault_of(event);
  if (event != nullptr) rd_kafka_event_destroy(event);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_queue_destroy(queue);
  return out;
}

Producer::Fault Producer::make_topic(const std::string& name, int partitions, const Config& config) {
  std::array<char, 256> reason{};
  rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(name.c_str(), partitions, 1, reason.data(), reason.size());
  if (topic == nullptr) return reason.data();
  for (const auto& [key, value] : config) rd_kafka_NewTopic_set_config(topic, key.c_str(), value.c_str());
  Fault out = administer([&](auto* options, auto* queue) { rd_kafka_CreateTopics(client_, &topic, 1, options, queue); });
  rd_kafka_NewTopic_destroy(topic);
  return out;
}

Producer::Fault Producer::delete_topic(const std::string& name) {
  rd_kafka_DeleteTopic_t* topic = rd_kafka_DeleteTopic_new(name.c_str());
  Fault out = administer([&](auto* options, auto* queue) { rd_kafka_DeleteTopics(client_, &topic, 1, options, queue); });
  rd_kafka_DeleteTopic_destroy(topic);
  return out;
}

Producer::Fault Producer::add_partitions(const std::string& name, int total) {
  std::array<char, 256> reason{};
  rd_kafka_NewPartitions_t* more = rd_kafka_NewPartitions_new(name.c_str(), static_cast<size_t>(total), reason.data(), reason.size());
  if (more == nullptr) return reason.data();
  Fault out = administer([&](auto* options, auto* queue) { rd_kafka_CreatePartitions(client_, &more, 1, options, queue); });
  rd_kafka_NewPartitions_destroy(more);
  return out;
}

Producer::Fault Producer::delete_records(const std::string& topic, int partition, std::int64_t before) {
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = before;
  rd_kafka_DeleteRecords_t* records = rd_kafka_DeleteRecords_new(list);
  Fault out = administer([&](auto* options, auto* queue) { rd_kafka_DeleteRecords(client_, &records, 1, options, queue); });
  rd_kafka_DeleteRecords_destroy(records);
  rd_kafka_topic_partition_list_destroy(list);
  return out;
}

Producer::Fault Producer::configure(const std::string& topic, const Config& config) {
  rd_kafka_ConfigResource_t* resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
  for (const auto& [key, value] : config) rd_kafka_ConfigResource_set_config(resource, key.c_str(), value.c_str());
  Fault out = administer([&](auto* options, auto* queue) { rd_kafka_AlterConfigs(client_, &resource, 1, options, queue); });
  rd_kafka_ConfigResource_destroy(resource);
  return out;
}

Producer::Fault Producer::grant(const std::string& user, const std::string& operation, const std::string& kind, const std::string& name) {
  static const std::map<std::string, rd_kafka_AclOperation_t> kOperations = {
      {"READ", RD_KAFKA_ACL_OPERATION_READ}, {"DESCRIBE", RD_KAFKA_ACL_OPERATION_DESCRIBE}, {"DESCRIBE_CONFIGS", RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS}};
  const auto known = kOperations.find(operation);
  if (known == kOperations.end()) return "unknown operation " + operation;
  std::array<char, 256> reason{};
  rd_kafka_AclBinding_t* binding =
      rd_kafka_AclBinding_new(kind == "group" ? RD_KAFKA_RESOURCE_GROUP : RD_KAFKA_RESOURCE_TOPIC, name.c_str(), RD_KAFKA_RESOURCE_PATTERN_LITERAL, ("User:" + user).c_str(), "*",
                              known->second, RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, reason.data(), reason.size());
  if (binding == nullptr) return reason.data();
  Fault out = administer([&](auto* options, auto* queue) { rd_kafka_CreateAcls(client_, &binding, 1, options, queue); });
  rd_kafka_AclBinding_destroy(binding);
  return out;
}

Producer::Fault Producer::send(const Sent& message) {
  rd_kafka_headers_t* headers = rd_kafka_headers_new(message.headers.size());
  for (const auto& [name, value] : message.headers) {
    rd_kafka_header_add(headers, name.c_str(), -1, value ? value->data() : nullptr, value ? static_cast<ssize_t>(value->size()) : 0);
  }
  // An empty text has an address, or it would be none.
  const auto part = [](const std::optional<std::string>& text) { return text ? const_cast<char*>(text->c_str()) : nullptr; };
  const size_t key_size = message.key ? message.key->size() : 0;
  const size_t value_size = message.value ? message.value->size() : 0;
  while (true) {
    const auto error = rd_kafka_producev(client_, RD_KAFKA_V_TOPIC(message.topic.c_str()), RD_KAFKA_V_PARTITION(message.partition < 0 ? RD_KAFKA_PARTITION_UA : message.partition),
                                         RD_KAFKA_V_KEY(part(message.key), key_size),
                                         RD_KAFKA_V_VALUE(part(message.value), value_size), RD_KAFKA_V_HEADERS(headers),
                                         RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      rd_kafka_poll(client_, 100);
      continue;
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_headers_destroy(headers);
    return fault_of(error);
  }
}

Producer::Fault Producer::flush() {
  const auto flushed = rd_kafka_flush(client_, kPatience_ms);
  Fault out;
  std::swap(out, fault_);
  return out.empty() ? fault_of(flushed) : out;
}

Producer::Fault Producer::begin() { return fault_of(rd_kafka_begin_transaction(client_)); }
Producer::Fault Producer::commit() { return fault_of(rd_kafka_commit_transaction(client_, kPatience_ms)); }
Producer::Fault Producer::abort() { return fault_of(rd_kafka_abort_transaction(client_, kPatience_ms)); }

}  // namespace meshgate::kafka_test
