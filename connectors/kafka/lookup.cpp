#include "connectors/kafka/lookup.hpp"

#include <charconv>
#include <optional>
#include <unordered_map>
#include <utility>

#include "connectors/kafka/range.hpp"

namespace meshgate::kafka {

/// A message of its own, which pins nothing of the library's.
struct Lookup::Kept {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = -1;
  std::string key;
  std::optional<std::string> value;
  Headers headers;

  explicit Kept(const Message& message)
      : partition(message.partition), offset(message.offset), timestamp_ms(message.timestamp_ms), key(message.key.value_or(std::string_view())), value(message.value),
        headers(message.headers == nullptr ? nullptr : rd_kafka_headers_copy(message.headers)) {}
  [[nodiscard]] Message view(std::string_view topic) const {
    return {.topic = topic, .partition = partition, .offset = offset, .timestamp_ms = timestamp_ms, .key = key, .value = value, .headers = headers.get()};
  }
};

namespace {

bool take_number(std::string_view text, std::int64_t& out) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failed == std::errc{} && end == text.data() + text.size();
}

/// topic-partition-offset.
bool parse_id(std::string_view id, std::string_view topic, std::int64_t& partition, std::int64_t& offset) {
  if (!id.starts_with(topic) || id.substr(topic.size(), 1) != "-") return false;
  id.remove_prefix(topic.size() + 1);
  const size_t dash = id.find('-');
  return dash != std::string_view::npos && take_number(id.substr(0, dash), partition) && take_number(id.substr(dash + 1), offset);
}

}  // namespace

sdk::Status Lookup::answer(const sdk::Keys& keys, const std::vector<KnownColumn>& columns, sdk::Sink& sink) {
  Counts topics;
  if (sdk::Status prepared = prepare(columns, topics); !prepared.ok()) return prepared;
  if (!sink.columns(table_->columns())) return sdk::failure(MG_CANCELLED, "cancelled");
  if (keys.size() == 0) return {};
  for (const auto& [topic, partitions] : topics) {
    if (sdk::Status found = find_in(choice_.name_of(topic), partitions, keys, sink); !found.ok()) return found;
  }
  return {};
}

sdk::Status Lookup::prepare(const std::vector<KnownColumn>& columns, Counts& topics) {
  if (sdk::Status made = MessageTable::make(choice_, site_.registry.get(), table_); !made.ok()) return made;
  table_->recall(columns);
  if (client_ == nullptr) {
    if (sdk::Status opened = Client::open(site_, client_); !opened.ok()) return opened;
  }
  return find_topics(*client_, choice_, {}, topics);
}

sdk::Status Lookup::find_in(const std::string& topic, std::int32_t partitions, const sdk::Keys& keys, sdk::Sink& sink) {
  Offsets begins;
  Offsets ends;
  if (sdk::Status asked = client_->offsets(topic, partitions, Client::Edge::begin, begins); !asked.ok()) return asked;
  if (sdk::Status asked = client_->offsets(topic, partitions, Client::Edge::end, ends); !asked.ok()) return asked;
  return choice_.shape == Shape::state ? find_state(topic, keys, begins, ends, sink) : find_events(topic, keys, begins, ends, sink);
}

sdk::Status Lookup::find_state(const std::string& topic, const sdk::Keys& keys, const Offsets& begins, const Offsets& ends, sdk::Sink& sink) {
  std::unordered_map<std::string, std::optional<Kept>> found;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!choice_.several || (keys[i][0].kind == MG_TEXT && sdk::view(keys[i][0].s) == topic)) found.try_emplace(MessageTable::key_text(keys[i]));
  }
  if (found.empty()) return {};
  const sdk::Status read = read_range(*client_, topic, begins, ends, site_.access.timeout, [&](const Message& message) {
    Meaning meaning = Meaning::nothing;
    if (sdk::Status key = table_->read_key(message, meaning); !key.ok()) return key;
    const auto wanted = meaning == Meaning::fault ? found.end() : found.find(table_->key_text());
    if (wanted != found.end()) wanted->second.emplace(message);
    return sdk::Status{};
  });
  if (!read.ok()) return read;
  for (const auto& [key, kept] : found) {
    if (!kept) continue;
    if (sdk::Status emitted = emit(kept->view(topic), sink); !emitted.ok()) return emitted;
  }
  return {};
}

sdk::Status Lookup::find_events(const std::string& topic, const sdk::Keys& keys, const Offsets& begins, const Offsets& ends, sdk::Sink& sink) {
  for (size_t i = 0; i < keys.size(); ++i) {
    std::int64_t partition = 0;
    std::int64_t offset = 0;
    if (keys[i][0].kind != MG_TEXT || !parse_id(sdk::view(keys[i][0].s), topic, partition, offset)) continue;
    const auto begin = begins.find(static_cast<std::int32_t>(partition));
    if (begin == begins.end() || offset < begin->second || offset >= ends.at(begin->first)) continue;
    const sdk::Status read = read_range(*client_, topic, {{begin->first, offset}}, {{begin->first, offset + 1}}, site_.access.timeout,
                                        [&](const Message& message) { return emit(message, sink); });
    if (!read.ok()) return read;
  }
  return {};
}

sdk::Status Lookup::emit(const Message& message, sdk::Sink& sink) {
  Meaning meaning = Meaning::nothing;
  if (sdk::Status filled = table_->fill(message, meaning); !filled.ok()) return filled;
  if (table_->grown() && !sink.columns(table_->columns())) return sdk::failure(MG_CANCELLED, "cancelled");
  bool more = true;
  if (meaning == Meaning::put) more = sink.upsert(table_->values(), table_->source_time_us());
  if (meaning == Meaning::fault) more = sink.fault(table_->values(), table_->fault(), shown(message.value));
  return more ? sdk::Status{} : sdk::failure(MG_CANCELLED, "cancelled");
}

}  // namespace meshgate::kafka
