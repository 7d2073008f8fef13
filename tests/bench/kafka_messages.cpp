// What kafka_bench.py does to a topic, and the least that reading it can cost: librdkafka's own consumer, which throws away what it gets.
//
//   kafka_messages fill SERVERS TOPIC COUNT BYTES ascending|scattered [SCHEMA]   so many messages of so many bytes, each with a key of its own; JSON, or with the number of a
//                                                                      schema Avro
//   kafka_messages pace SERVERS TOPIC COUNT BYTES RATE                  so many messages a second, of JSON, with the time of each
//   kafka_messages drain SERVERS TOPIC COUNT                            consumes them from the beginning; prints what that cost
//   kafka_messages listen SERVERS TOPIC COUNT                           prints "ready", consumes what comes, and prints how long after its time each came

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/bench/spent.hpp"

namespace meshgate::bench {
namespace {

constexpr int kPatience_ms = 60000;
constexpr std::uint64_t kStep = 982'451'653;  // a prime: its multiples meet every number below a count that it does not divide, once

struct Close {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE); }
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using Client = std::unique_ptr<rd_kafka_t, Close>;
using Message = std::unique_ptr<rd_kafka_message_t, Close>;

std::int64_t now_us() { return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count(); }

Client open(rd_kafka_type_t type, const std::vector<std::pair<const char*, std::string>>& settings) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  std::array<char, 512> reason{};
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf, name, value.c_str(), reason.data(), reason.size()) != RD_KAFKA_CONF_OK) stop(reason.data());
  }
  Client out(rd_kafka_new(type, conf, reason.data(), reason.size()));
  if (!out) stop(reason.data());
  return out;
}

// ---- what is written ----

/// The fields of a message, with a note as long as it takes.
struct Fields {
  std::uint64_t number = 0;
  std::string name;
  std::uint64_t cents = 0;
  bool active = false;

  explicit Fields(std::uint64_t n) : number(n), name("Article " + std::to_string(n)), cents(n % 100'000), active(n % 3 == 0) {}
};

std::string padded(std::string head, std::string_view tail, std::size_t bytes) {
  head.resize(std::max(head.size(), bytes - std::min(bytes, tail.size())), 'x');
  return head.append(tail);
}

std::string in_json(const Fields& of, std::size_t bytes) {
  std::array<char, 32> price{};
  std::snprintf(price.data(), price.size(), "%llu.%02u", static_cast<unsigned long long>(of.cents / 100), static_cast<unsigned>(of.cents % 100));
  return padded("{\"number\":" + std::to_string(of.number) + ",\"name\":\"" + of.name + "\",\"price\":" + price.data() + ",\"active\":" + (of.active ? "true" : "false") + ",\"note\":\"", "\"}", bytes);
}

void append_number(std::string& out, std::uint64_t number) {
  std::uint64_t bits = number << 1U;
  for (; bits > 0x7F; bits >>= 7U) out += static_cast<char>((bits & 0x7FU) | 0x80U);
  out += static_cast<char>(bits);
}

std::string in_avro(const Fields& of, std::uint32_t schema, std::size_t bytes) {
  std::string out(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(schema >> static_cast<unsigned>(shift) & 0xFFU);
  append_number(out, of.number);
  append_number(out, of.name.size());
  out += of.name;
  append_number(out, 4);  // the price's bytes, the most significant first
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(of.cents >> static_cast<unsigned>(shift) & 0xFFU);
  out += of.active ? '\1' : '\0';
  const std::size_t note = bytes - std::min(bytes, out.size() + 2);
  append_number(out, note);
  return out.append(note, 'x');
}

class Writer {
 public:
  Writer(const std::string& servers, std::string topic, const std::string& linger)
      : client_(open(RD_KAFKA_PRODUCER, {{"bootstrap.servers", servers}, {"linger.ms", linger}, {"batch.num.messages", "10000"}, {"queue.buffering.max.messages", "1000000"}})), topic_(std::move(topic)) {}

  /// Once it returns, what is sent does not wait for a connection.
  void connect() {
    std::int64_t low = 0;
    std::int64_t high = 0;
    const auto error = rd_kafka_query_watermark_offsets(client_.get(), topic_.c_str(), 0, &low, &high, kPatience_ms);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) stop(rd_kafka_err2str(error));
  }
  void send(const std::string& key, const std::string& value) {
    while (true) {
      const auto error = rd_kafka_producev(client_.get(), RD_KAFKA_V_TOPIC(topic_.c_str()), RD_KAFKA_V_KEY(key.data(), key.size()), RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                                           RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) break;
      if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) stop(rd_kafka_err2str(error));
      rd_kafka_poll(client_.get(), 10);
    }
    rd_kafka_poll(client_.get(), 0);
  }
  void finish() {
    if (rd_kafka_flush(client_.get(), kPatience_ms) != RD_KAFKA_RESP_ERR_NO_ERROR) stop("the broker does not take what is written");
  }

 private:
  Client client_;
  const std::string topic_;
};

std::string key_of(std::uint64_t n) {
  std::array<char, 24> out{};
  return {out.data(), static_cast<std::size_t>(std::snprintf(out.data(), out.size(), "article-%010llu", static_cast<unsigned long long>(n)))};
}

void fill(const std::string& servers, const std::string& topic, std::uint64_t count, std::size_t bytes, bool scattered, std::uint32_t schema) {
  Writer writer(servers, topic, "20");
  for (std::uint64_t i = 0; i < count; ++i) {
    const Fields fields(scattered ? i * kStep % count : i);
    writer.send(key_of(fields.number), schema == 0 ? in_json(fields, bytes) : in_avro(fields, schema, bytes));
  }
  writer.finish();
}

void pace(const std::string& servers, const std::string& topic, std::uint64_t count, std::size_t bytes, std::uint64_t rate) {
  Writer writer(servers, topic, "0");
  writer.connect();
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t n = 1; n <= count; ++n) {
    std::this_thread::sleep_until(began + std::chrono::microseconds(n * 1'000'000 / rate));
    writer.send(key_of(n), padded("{\"n\":" + std::to_string(n) + ",\"t\":" + std::to_string(now_us()) + ",\"pad\":\"", "\"}", bytes));
  }
  writer.finish();
}

// ---- what is read ----

class Reader {
 public:
  Reader(const std::string& servers, const std::string& topic, std::int64_t from)
      : client_(open(RD_KAFKA_CONSUMER, {{"bootstrap.servers", servers}, {"group.id", "bench"}, {"enable.auto.commit", "false"}, {"isolation.level", "read_committed"}, {"enable.partition.eof", "true"}})) {
    const std::unique_ptr<rd_kafka_topic_t, void (*)(rd_kafka_topic_t*)> asked(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr), rd_kafka_topic_destroy);
    const rd_kafka_metadata_t* found = nullptr;
    if (rd_kafka_metadata(client_.get(), 0, asked.get(), &found, kPatience_ms) != RD_KAFKA_RESP_ERR_NO_ERROR || found->topic_cnt != 1) stop("no such topic");
    partitions_ = found->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(found);
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(partitions_);
    for (int i = 0; i < partitions_; ++i) rd_kafka_topic_partition_list_add(list, topic.c_str(), i)->offset = from;
    if (rd_kafka_assign(client_.get(), list) != RD_KAFKA_RESP_ERR_NO_ERROR) stop("the topic cannot be read");
    rd_kafka_topic_partition_list_destroy(list);
  }
  [[nodiscard]] int partitions() const { return partitions_; }

  /// The next message; nothing where a partition has come to its end.
  Message next() {
    Message out(rd_kafka_consumer_poll(client_.get(), kPatience_ms));
    if (!out) stop("no messages come");
    if (out->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return nullptr;
    if (out->err != RD_KAFKA_RESP_ERR_NO_ERROR) stop(rd_kafka_message_errstr(out.get()));
    return out;
  }

 private:
  Client client_;
  int partitions_ = 0;
};

void drain(const std::string& servers, const std::string& topic, std::uint64_t count) {
  const Watch watch;
  Reader reader(servers, topic, RD_KAFKA_OFFSET_BEGINNING);
  for (std::uint64_t came = 0; came < count;) came += reader.next() == nullptr ? 0 : 1;
  watch.print(count);
}

std::int64_t time_in(std::string_view value) {
  const std::size_t at = value.find("\"t\":");
  return at == std::string_view::npos ? 0 : std::strtoll(value.data() + at + 4, nullptr, 10);
}

void listen(const std::string& servers, const std::string& topic, std::uint64_t count) {
  Reader reader(servers, topic, RD_KAFKA_OFFSET_END);
  for (int ended = 0; ended < reader.partitions();) ended += reader.next() == nullptr ? 1 : 0;
  std::printf("ready\n");
  std::fflush(stdout);
  std::vector<std::int64_t> late;
  while (late.size() < count) {
    const Message message = reader.next();
    if (message != nullptr) late.push_back(now_us() - time_in({static_cast<const char*>(message->payload), message->len}));
  }
  std::sort(late.begin(), late.end());
  std::printf("{\"changes\":%zu,\"p50\":%lld,\"p99\":%lld}\n", late.size(), static_cast<long long>(late[late.size() / 2]), static_cast<long long>(late[late.size() * 99 / 100]));
}

}  // namespace
}  // namespace meshgate::bench

int main(int count, char** words) {
  using namespace meshgate::bench;
  const std::vector<std::string> said(words + 1, words + count);
  const std::string what = said.empty() ? "" : said[0];
  const auto number = [&](std::size_t at) { return std::stoull(said.at(at)); };
  if (what == "fill" && said.size() >= 6) {
    fill(said[1], said[2], number(3), number(4), said[5] == "scattered", said.size() > 6 ? static_cast<std::uint32_t>(number(6)) : 0);
  } else if (what == "pace" && said.size() == 6) {
    pace(said[1], said[2], number(3), number(4), number(5));
  } else if (what == "drain" && said.size() == 4) {
    drain(said[1], said[2], number(3));
  } else if (what == "listen" && said.size() == 4) {
    listen(said[1], said[2], number(3));
  } else {
    stop("usage: see the head of tests/bench/kafka_messages.cpp");
  }
  return 0;
}
