#include "connectors/kafka/client.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "connectors/kafka/brokers.hpp"
#include "connectors/kafka/failures.hpp"

namespace meshgate::kafka {

namespace {

using std::chrono::milliseconds;
/// How long one question may block, so that a cancel is noticed.
constexpr milliseconds kSlice{700};
constexpr milliseconds kLookAgain{100};
/// How long a question is asked on when connections fail.
constexpr milliseconds kUnreachable{2000};
/// Messages between two looks at what the library has to report.
constexpr std::uint32_t kServeEvery = 256;
/// The longest answer of a broker that is taken; a message may be as long.
constexpr const char* kLongestAnswer = "536870912";
/// When for so long messages were only taken and none came, the library is told to look.
constexpr milliseconds kHungry{5};
/// From here on the library looks by itself as often as it is told to.
constexpr int kLooksByItself = 0x020200ff;
constexpr const char* kLookEvery_ms = "5";
/// How long a broker holds back the answer that there is nothing new. Other questions on the same connection wait as long.
constexpr const char* kFetchWait_ms = "100";
/// Older ones send the nonce of a SCRAM exchange in a form that Kafka 4 does not take (librdkafka pull request 4895).
constexpr int kScramAsKafka4HasIt = 0x020601ff;
/// Messages that are fetched ahead; small ones cost the library more than their bytes.
constexpr const char* kMostAtHand = "50000";
constexpr int kLogged = 4;  // syslog's warning

}  // namespace

sdk::Status Client::open(const Site& site, std::unique_ptr<Client>& out) {
  std::unique_ptr<Client> client(new Client(site));
  HandleSettings settings(rd_kafka_conf_new());
  if (sdk::Status configured = client->configure(settings.get()); !configured.ok()) return configured;
  std::array<char, 512> reason{};
  client->handle_.reset(rd_kafka_new(RD_KAFKA_CONSUMER, settings.get(), reason.data(), reason.size()));
  if (client->handle_ == nullptr) {
    return sdk::failure(MG_CONFIG, client->at("the settings") + " cannot be used: " + reason.data() + "; check that the files of ca:, certificate: and private_key: are there, are PEM, and can be read");
  }
  static_cast<void>(settings.release());  // the client owns them now
  rd_kafka_set_log_queue(client->handle_.get(), nullptr);
  out = std::move(client);
  return {};
}

Client::~Client() = default;

sdk::Status Client::configure(rd_kafka_conf_t* settings) {
  const Access& access = site_.access;
  const int64_t one_fetch = access.buffer / 4;  // comes on top of what is at hand
  std::vector<BrokerSetting> all = broker_settings(access);
  const std::vector<BrokerSetting> reading = {
      {"group.id", access.group.empty() ? "meshgate" : access.group},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},
      {"isolation.level", "read_committed"},
      {"check.crcs", "true"},
      {"allow.auto.create.topics", "false"},
      {"enable.partition.eof", "true"},
      {"fetch.wait.max.ms", kFetchWait_ms},
      {"queued.min.messages", kMostAtHand},
      {"fetch.queue.backoff.ms", rd_kafka_version() < kLooksByItself ? "" : kLookEvery_ms},
      {"queued.max.messages.kbytes", std::to_string((access.buffer - one_fetch) / 1024)},
      {"fetch.max.bytes", std::to_string(one_fetch)},
      {"receive.message.max.bytes", kLongestAnswer},
      {"max.poll.interval.ms", "86400000"},
  };
  all.insert(all.end(), reading.begin(), reading.end());
  if (sdk::Status applied = apply(settings, all, access); !applied.ok()) return applied;
  rd_kafka_conf_set_opaque(settings, this);
  rd_kafka_conf_set_error_cb(settings, &Client::on_error);
  rd_kafka_conf_set_log_cb(settings, &Client::on_log);
  return {};
}

sdk::Status Client::cluster(std::string& out) {
  out.clear();
  return ask(at("the cluster"), [&](int wait) {
    char* name = rd_kafka_clusterid(handle_.get(), wait);
    if (name == nullptr) return RD_KAFKA_RESP_ERR__TIMED_OUT;
    out = name;
    rd_kafka_mem_free(handle_.get(), name);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  });
}

sdk::Status Client::topics(Counts& out) {
  Metadata all;
  if (sdk::Status asked = metadata({}, at("the topics"), all); !asked.ok()) return asked;
  for (int i = 0; i < all->topic_cnt; ++i) {
    const std::string_view name = all->topics[i].topic;
    if (all->topics[i].err == RD_KAFKA_RESP_ERR_NO_ERROR && !name.starts_with("__")) out.emplace(name, all->topics[i].partition_cnt);
  }
  return {};
}

sdk::Status Client::partitions(const std::string& topic, std::int32_t& out) {
  const std::string doing = at("topic '" + topic + "'");
  Metadata found;
  if (sdk::Status asked = metadata(topic, doing, found); !asked.ok()) return asked;
  if (found->topic_cnt != 1) return failed(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, doing, {});
  if (const auto error = found->topics[0].err; error != RD_KAFKA_RESP_ERR_NO_ERROR) return failed(error, doing, {});
  out = found->topics[0].partition_cnt;
  return {};
}

sdk::Status Client::metadata(const std::string& topic, std::string_view doing, Metadata& out) {
  const TopicHandle one(topic.empty() ? nullptr : rd_kafka_topic_new(handle_.get(), topic.c_str(), nullptr));
  if (!topic.empty() && one == nullptr) return failed(RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, doing, {});
  return ask(doing, [&](int wait) {
    const rd_kafka_metadata_t* found = nullptr;
    const auto error = rd_kafka_metadata(handle_.get(), one == nullptr ? 1 : 0, one.get(), &found, wait);
    out.reset(found);
    return error;
  });
}

sdk::Status Client::offsets(const std::string& topic, std::int32_t count, Edge edge, Offsets& out) {
  std::map<std::string, Offsets> all;
  if (sdk::Status asked = offsets({{topic, count}}, edge, all); !asked.ok()) return asked;
  out = std::move(all[topic]);
  return {};
}

sdk::Status Client::offsets(const Counts& topics, Edge edge, std::map<std::string, Offsets>& out) {
  std::string names;
  int total = 0;
  for (const auto& [topic, count] : topics) {
    names.append(names.empty() ? "'" : ", '").append(topic).append("'");
    total += count;
  }
  const std::string doing = at("where topic " + names + (edge == Edge::begin ? " begins" : " ends"));
  out.clear();
  PartitionList list;
  const sdk::Status asked = ask(doing, [&](int wait) {
    list.reset(rd_kafka_topic_partition_list_new(total));
    for (const auto& [topic, count] : topics) {
      for (std::int32_t i = 0; i < count; ++i) rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), i)->offset = edge == Edge::begin ? RD_KAFKA_OFFSET_BEGINNING : RD_KAFKA_OFFSET_END;
    }
    if (const auto error = rd_kafka_offsets_for_times(handle_.get(), list.get(), wait); error != RD_KAFKA_RESP_ERR_NO_ERROR) return error;
    for (int i = 0; i < list->cnt; ++i) {
      if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) return list->elems[i].err;
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  });
  if (!asked.ok()) return asked;
  for (int i = 0; i < list->cnt; ++i) out[list->elems[i].topic][list->elems[i].partition] = std::max<int64_t>(list->elems[i].offset, 0);
  return {};
}

sdk::Status Client::settings(const std::string& topic, std::map<std::string, std::string>& out) {
  out.clear();
  const Queue queue(rd_kafka_queue_new(handle_.get()));
  const ConfigResource wanted(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  rd_kafka_ConfigResource_t* asked = wanted.get();
  rd_kafka_DescribeConfigs(handle_.get(), &asked, 1, nullptr, queue.get());
  Event answer;
  for (const auto until = Clock::now() + site_.access.timeout; answer == nullptr && Clock::now() < until && !site_.cancelled();) {
    answer.reset(rd_kafka_queue_poll(queue.get(), static_cast<int>(kLookAgain.count())));
  }
  const rd_kafka_DescribeConfigs_result_t* result = answer == nullptr ? nullptr : rd_kafka_event_DescribeConfigs_result(answer.get());
  size_t count = 0;
  const rd_kafka_ConfigResource_t** resources = result == nullptr ? nullptr : rd_kafka_DescribeConfigs_result_resources(result, &count);
  for (size_t i = 0; i < count; ++i) {
    size_t entries = 0;
    const rd_kafka_ConfigEntry_t** all = rd_kafka_ConfigResource_configs(resources[i], &entries);
    for (size_t entry = 0; entry < entries; ++entry) {
      const char* value = rd_kafka_ConfigEntry_value(all[entry]);
      if (value != nullptr) out[rd_kafka_ConfigEntry_name(all[entry])] = value;
    }
  }
  return site_.cancelled() ? sdk::failure(MG_CANCELLED, "cancelled") : sdk::Status{};
}

sdk::Status Client::assign(const std::map<std::string, Offsets>& from) {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(from.size())));
  for (const auto& [topic, offsets] : from) {
    for (const auto& [partition, offset] : offsets) rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
  }
  unassign();
  const auto error = rd_kafka_assign(handle_.get(), list.get());
  for (int i = 0; i < list->cnt; ++i) list->elems[i].offset = RD_KAFKA_OFFSET_END;
  assigned_ = std::move(list);
  queue_.reset(rd_kafka_queue_get_consumer(handle_.get()));
  fed_ = Clock::now();
  return error == RD_KAFKA_RESP_ERR_NO_ERROR ? sdk::Status{} : failed(error, at("reading"), {});
}

void Client::unassign() { rd_kafka_assign(handle_.get(), nullptr); }

sdk::Status Client::next(milliseconds wait, MessageHandle& out) {
  if (served_++ % kServeEvery == 0) {
    serve();
    keep_fetching();
  }
  const auto poll = [&](milliseconds time) {
    out.reset(rd_kafka_consumer_poll(handle_.get(), static_cast<int>(time.count())));
    if (out == nullptr || out->err != RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) return;
    note_group();
    out.reset();
  };
  poll(milliseconds(0));  // most often there is one, and no clock need be looked at
  for (const auto until = out == nullptr ? Clock::now() + wait : Clock::time_point(); out == nullptr;) {
    serve();
    if (site_.cancelled()) return sdk::failure(MG_CANCELLED, "cancelled");
    if (is_hopeless()) return trouble(at("reading"));
    const auto left = std::chrono::duration_cast<milliseconds>(until - Clock::now());
    if (left <= milliseconds(0)) return {};
    poll(std::min(left, kLookAgain));
  }
  if (out->err == RD_KAFKA_RESP_ERR_NO_ERROR || out->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return {};
  const std::string topic = out->rkt == nullptr ? "" : rd_kafka_topic_name(out->rkt);
  return failed(out->err, at("topic '" + topic + "' partition " + std::to_string(out->partition)), rd_kafka_message_errstr(out.get()));
}

void Client::commit(const std::string& topic, const Offsets& next) {
  if (site_.access.group.empty()) return;
  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(next.size())));
  for (const auto& [partition, offset] : next) rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
  rd_kafka_commit(handle_.get(), list.get(), 1);
}

/// The library looks for a group's coordinator, also where nobody asked to be in a group. Reading does not need it.
void Client::note_group() {
  if (site_.access.group.empty() || std::exchange(group_refused_, true)) return;
  site_.host.warning("group: '" + site_.access.group + "' is refused to this account, so tools do not see what is read; grant Read on the group");
}

/// Asks until there is an answer, in slices; what is known to be hopeless is not asked again.
sdk::Status Client::ask(std::string_view doing, const std::function<rd_kafka_resp_err_t(int)>& call) {
  serve();
  all_down_ = false;
  error_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  reason_.clear();
  const auto began = Clock::now();
  while (true) {
    const auto left = std::clamp(std::chrono::duration_cast<milliseconds>(began + site_.access.timeout - Clock::now()), milliseconds(1), kSlice);
    const auto error = call(static_cast<int>(left.count()));
    serve();
    if (site_.cancelled()) return sdk::failure(MG_CANCELLED, "cancelled");
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      error_ = error;
      all_down_ = false;
      return {};
    }
    const bool waits = error == RD_KAFKA_RESP_ERR__TIMED_OUT || error == RD_KAFKA_RESP_ERR__TRANSPORT || error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
                       error == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION || error == RD_KAFKA_RESP_ERR__WAIT_COORD;
    if (!waits) return failed(error, doing, {});
    const auto patience = error_ == RD_KAFKA_RESP_ERR_NO_ERROR ? site_.access.timeout : std::min(site_.access.timeout, kUnreachable);
    if (is_hopeless() || Clock::now() - began >= patience) {
      if (error_ == RD_KAFKA_RESP_ERR_NO_ERROR) return failed(error, doing, {});
      return trouble(doing);
    }
  }
}

/// To ask on does not help for now. That all brokers are down may have a reason that says more.
bool Client::is_hopeless() const { return all_down_ || is_final(error_); }

sdk::Status Client::trouble(std::string_view doing) {
  sdk::Status out = failed(error_, doing, reason_);
  const bool scram = site_.access.mechanism.starts_with("SCRAM");
  if (scram && out.code == MG_AUTH && rd_kafka_version() < kScramAsKafka4HasIt) {
    out.message += std::string(". If these are right and the brokers are Kafka 4: librdkafka ") + rd_kafka_version_str() + " cannot sign in there by SCRAM; install 2.6.1 or newer, or use sasl: plain";
  }
  return out;
}

std::string Client::at(std::string_view what) const { return std::string(what) + " at " + site_.access.servers; }

void Client::serve() { rd_kafka_poll(handle_.get(), 0); }

/// Once enough is at hand, the library looks only each second whether there is room again, unless its threads are woken. A question to the leaders, whose
/// answer nobody waits for, does that.
void Client::keep_fetching() {
  if (queue_ == nullptr || rd_kafka_version() >= kLooksByItself) return;
  const size_t at_hand = rd_kafka_queue_length(queue_.get());
  const bool fed = at_hand + kServeEvery > std::exchange(at_hand_, at_hand);
  const auto now = Clock::now();
  if (!fed && now - fed_ < kHungry) return;
  fed_ = now;
  if (!fed) rd_kafka_offsets_for_times(handle_.get(), assigned_.get(), 0);
}

void Client::on_error(rd_kafka_t*, int error, const char* reason, void* self) {
  auto& client = *static_cast<Client*>(self);
  const auto code = static_cast<rd_kafka_resp_err_t>(error);
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) client.all_down_ = true;
  if (code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) return client.note_group();
  if (says_more(client.error_, code)) return;
  client.error_ = code;
  client.reason_ = reason == nullptr ? "" : reason;
}

void Client::on_log(const rd_kafka_t* handle, int level, const char* facility, const char* text) {
  const auto* client = static_cast<const Client*>(rd_kafka_opaque(handle));
  if (client != nullptr && level <= kLogged) client->site_.host.debug(std::string("librdkafka ") + facility + ": " + text);
}

}  // namespace meshgate::kafka
