#include "connectors/kafka/producer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "connectors/kafka/brokers.hpp"
#include "connectors/kafka/failures.hpp"

namespace meshgate::kafka {

namespace {

using std::chrono::milliseconds;
/// How long one call may block, so that a cancel is noticed.
constexpr milliseconds kSlice{700};
/// After this long the brokers end a transaction whose writer died; readers of committed messages wait for it.
constexpr milliseconds kTransaction{60000};
/// A transaction is given up well before that: after it, brokers would call a slow writer an overtaken one.
constexpr milliseconds kPatience{40000};
constexpr int kLogged = 4;  // syslog's warning

}  // namespace

sdk::Status Producer::open(const Site& site, const Publication& publication, const std::string& id, std::unique_ptr<Producer>& out) {
  std::unique_ptr<Producer> producer(new Producer(site, publication));
  HandleSettings settings(rd_kafka_conf_new());
  if (sdk::Status configured = producer->configure(settings.get(), id); !configured.ok()) return configured;
  std::array<char, 512> reason{};
  producer->handle_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, settings.get(), reason.data(), reason.size()));
  if (producer->handle_ == nullptr) return sdk::failure(MG_CONFIG, producer->doing() + ": the settings cannot be used for writing: " + reason.data());
  static_cast<void>(settings.release());  // the producer owns them now
  rd_kafka_set_log_queue(producer->handle_.get(), nullptr);
  producer->topic_.reset(rd_kafka_topic_new(producer->handle_.get(), publication.topic.c_str(), nullptr));
  if (producer->topic_ == nullptr) return failed(RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, producer->doing(), {});
  out = std::move(producer);
  return {};
}

Producer::~Producer() = default;

sdk::Status Producer::configure(rd_kafka_conf_t* settings, const std::string& id) {
  std::vector<BrokerSetting> all = broker_settings(site_.access);
  const std::vector<BrokerSetting> writing = {
      {"transactional.id", id},
      {"transaction.timeout.ms", std::to_string(kTransaction.count())},
      {"acks", "all"},
      {"partitioner", "murmur2_random"},  // as Java's producers and Kafka Streams choose
      {"compression.type", publication_.compression},
      {"message.max.bytes", "67108864"},
      {"queue.buffering.max.messages", "1000000"},
      {"delivery.report.only.error", "true"},
  };
  all.insert(all.end(), writing.begin(), writing.end());
  if (sdk::Status applied = apply(settings, all, site_.access); !applied.ok()) return applied;
  rd_kafka_conf_set_opaque(settings, this);
  rd_kafka_conf_set_dr_msg_cb(settings, &Producer::on_delivery);
  rd_kafka_conf_set_log_cb(settings, &Producer::on_log);
  return {};
}

sdk::Status Producer::take_over() {
  return ask(Clock::now() + site_.access.timeout, [this](int wait) { return rd_kafka_init_transactions(handle_.get(), wait); });
}

sdk::Status Producer::begin() {
  refused_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  deadline_ = Clock::now() + kPatience;
  const ErrorHandle error(rd_kafka_begin_transaction(handle_.get()));
  return error == nullptr ? sdk::Status{} : failed_by(*error);
}

sdk::Status Producer::put(std::optional<std::string_view> key, std::optional<std::string_view> value, Headers headers) {
  std::array<rd_kafka_vu_t, 5> parts{};
  parts[0].vtype = RD_KAFKA_VTYPE_RKT;
  parts[0].u.rkt = topic_.get();
  parts[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[1].u.i = RD_KAFKA_MSG_F_COPY;
  parts[2].vtype = RD_KAFKA_VTYPE_KEY;
  if (key) parts[2].u.mem = {const_cast<char*>(key->data()), key->size()};
  parts[3].vtype = RD_KAFKA_VTYPE_VALUE;
  if (value) parts[3].u.mem = {const_cast<char*>(value->data()), value->size()};
  parts[4].vtype = RD_KAFKA_VTYPE_HEADERS;
  parts[4].u.headers = headers.get();
  const ErrorHandle error(rd_kafka_produceva(handle_.get(), parts.data(), headers == nullptr ? 4 : 5));
  if (error != nullptr) return failed_by(*error);
  static_cast<void>(headers.release());  // the message owns them now
  return {};
}

sdk::Status Producer::commit() {
  return ask(deadline_, [this](int wait) { return rd_kafka_commit_transaction(handle_.get(), wait); });
}

void Producer::abort() {
  const ErrorHandle ignored(rd_kafka_abort_transaction(handle_.get(), static_cast<int>(kSlice.count())));
}

/// Calls until it is done, in slices; the library goes on where a slice ended.
sdk::Status Producer::ask(Clock::time_point until, const std::function<rd_kafka_error_t*(int)>& call) {
  while (true) {
    const ErrorHandle error(call(static_cast<int>(kSlice.count())));
    if (error == nullptr) return {};
    if (site_.cancelled()) return sdk::failure(MG_CANCELLED, "cancelled");
    if (rd_kafka_error_is_retriable(error.get()) == 0 || Clock::now() >= until) return failed_by(*error);
  }
}

/// A message that was not taken says more than that its transaction failed.
sdk::Status Producer::failed_by(const rd_kafka_error_t& error) {
  if (refused_ != RD_KAFKA_RESP_ERR_NO_ERROR && is_final(refused_)) return failed(refused_, doing() + ", item '" + refused_key_ + "'", {});
  std::array<char, 512> reason{};
  auto code = rd_kafka_error_code(&error);
  if (const auto fatal = rd_kafka_fatal_error(handle_.get(), reason.data(), reason.size()); fatal != RD_KAFKA_RESP_ERR_NO_ERROR) code = fatal;
  sdk::Status out = failed(code, doing(), reason[0] != '\0' ? reason.data() : rd_kafka_error_string(&error));
  // Whoever was away for longer than a transaction may last looks like one that was overtaken.
  if (out.code == MG_CONFLICT && Clock::now() >= deadline_) out.code = MG_RECONNECT;
  return out;
}

void Producer::on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
  auto& producer = *static_cast<Producer*>(self);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR || producer.refused_ != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  producer.refused_ = message->err;
  producer.refused_key_.assign(static_cast<const char*>(message->key), message->key_len);
}

void Producer::on_log(const rd_kafka_t* handle, int level, const char* facility, const char* text) {
  const auto* producer = static_cast<const Producer*>(rd_kafka_opaque(handle));
  if (producer != nullptr && level <= kLogged) producer->site_.host.debug(std::string("librdkafka ") + facility + ": " + text);
}

}  // namespace meshgate::kafka
