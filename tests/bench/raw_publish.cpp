// The least that publishing can cost: librdkafka writing so many records of the same bytes, in transactions of 10,000.
//
//   raw_publish SERVERS TOPIC COUNT BYTES     prints the seconds from the first transaction to the end of the last

#include <librdkafka/rdkafka.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr int kPatience_ms = 60000;
constexpr int kTransaction = 10000;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "raw_publish: %s\n", what);
  std::exit(1);
}

void must(rd_kafka_error_t* error) {
  if (error != nullptr) fail(rd_kafka_error_string(error));
}

rd_kafka_t* producer_of(const char* servers) {
  rd_kafka_conf_t* settings = rd_kafka_conf_new();
  std::array<char, 512> reason{};
  const std::vector<std::pair<const char*, const char*>> all = {{"bootstrap.servers", servers}, {"transactional.id", "raw"}, {"partitioner", "murmur2_random"}, {"queue.buffering.max.messages", "1000000"}};
  for (const auto& [name, value] : all) {
    if (rd_kafka_conf_set(settings, name, value, reason.data(), reason.size()) != RD_KAFKA_CONF_OK) fail(reason.data());
  }
  rd_kafka_t* out = rd_kafka_new(RD_KAFKA_PRODUCER, settings, reason.data(), reason.size());
  if (out == nullptr) fail(reason.data());
  must(rd_kafka_init_transactions(out, kPatience_ms));
  return out;
}

rd_kafka_headers_t* headers_of(const std::string& seq) {
  rd_kafka_headers_t* out = rd_kafka_headers_new(8);
  const std::vector<std::pair<const char*, std::string>> all = {{"mesh-feed", "things"}, {"mesh-epoch", std::string(32, 'a')}, {"mesh-seq", seq}, {"mesh-through", seq}, {"mesh-rev", "1-" + std::string(32, 'a')}, {"mesh-at", "2026-01-05T10:15:09.123456Z"}};
  for (const auto& [name, value] : all) rd_kafka_header_add(out, name, -1, value.data(), static_cast<ssize_t>(value.size()));
  return out;
}

void produce(rd_kafka_t* producer, rd_kafka_topic_t* topic, const std::string& key, const std::string& value) {
  std::array<rd_kafka_vu_t, 5> parts{};
  parts[0].vtype = RD_KAFKA_VTYPE_RKT;
  parts[0].u.rkt = topic;
  parts[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[1].u.i = RD_KAFKA_MSG_F_COPY;
  parts[2].vtype = RD_KAFKA_VTYPE_KEY;
  parts[2].u.mem = {const_cast<char*>(key.data()), key.size()};
  parts[3].vtype = RD_KAFKA_VTYPE_VALUE;
  parts[3].u.mem = {const_cast<char*>(value.data()), value.size()};
  parts[4].vtype = RD_KAFKA_VTYPE_HEADERS;
  parts[4].u.headers = headers_of(key);
  must(rd_kafka_produceva(producer, parts.data(), parts.size()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) fail("raw_publish SERVERS TOPIC COUNT BYTES");
  const int count = std::atoi(argv[3]);
  const std::string value(static_cast<size_t>(std::atoi(argv[4])), 'x');
  rd_kafka_t* producer = producer_of(argv[1]);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, argv[2], nullptr);
  const auto began = std::chrono::steady_clock::now();
  for (int at = 0; at < count; at += kTransaction) {
    must(rd_kafka_begin_transaction(producer));
    for (int i = at; i < count && i < at + kTransaction; ++i) produce(producer, topic, std::to_string(i), value);
    must(rd_kafka_commit_transaction(producer, kPatience_ms));
  }
  std::printf("%.3f\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(producer);
  return 0;
}
