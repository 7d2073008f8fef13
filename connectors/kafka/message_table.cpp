#include "connectors/kafka/message_table.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "connectors/kafka/format/fit.hpp"

namespace meshgate::kafka {

namespace {

constexpr size_t kMostColumns = 2000;
constexpr std::string_view kMessageId = "message_id";
constexpr std::string_view kTopic = "_topic";
constexpr std::array<std::pair<std::string_view, int32_t>, 5> kMetadata = {
    {{kTopic, MG_TEXT}, {"_partition", MG_INT64}, {"_offset", MG_INT64}, {"_timestamp", MG_TIMESTAMPTZ}, {"_headers", MG_JSON}}};

}  // namespace

sdk::Status MessageTable::make(const Choice& choice, format::Registry* registry, std::unique_ptr<MessageTable>& out) {
  std::unique_ptr<MessageTable> table(new MessageTable(choice));
  if (sdk::Status made = format::make_decoder(choice.key, registry, table->key_decoder_); !made.ok()) return made;
  if (sdk::Status made = format::make_decoder(choice.value, registry, table->value_decoder_); !made.ok()) return made;
  if (choice.shape == Shape::state && choice.several) table->key_.push_back(table->add(kTopic, MG_TEXT, {}, 1));
  table->before_key_ = table->key_.size();
  if (choice.shape == Shape::events) table->key_.push_back(table->add(kMessageId, MG_TEXT, "topic-partition-offset", 1));
  out = std::move(table);
  return {};
}

void MessageTable::recall(const std::vector<KnownColumn>& columns) {
  for (const KnownColumn& column : columns) {
    if (places_.contains(column.name)) continue;
    const size_t at = add(column.name, column.kind, {}, column.key);
    if (column.key > 0) key_.push_back(at);
  }
  std::ranges::sort(key_, {}, [&](size_t at) { return columns_[at].key; });
  expected_ = !columns.empty();
}

std::vector<KnownColumn> MessageTable::known() const {
  std::vector<KnownColumn> out;
  for (const mg_column& column : columns_.all()) out.push_back({std::string(sdk::view(column.name)), column.type, column.key});
  return out;
}

sdk::Status MessageTable::read_key(const Message& message, Meaning& out) {
  out = Meaning::put;
  grown_ = false;
  fault_.clear();
  std::ranges::fill(values_, sdk::null_value());
  return fill_key(message, out);
}

sdk::Status MessageTable::fill(const Message& message, Meaning& out) {
  if (sdk::Status filled = read_key(message, out); !filled.ok()) return filled;
  time_us_ = message.timestamp_ms < 0 ? 0 : message.timestamp_ms * 1000;
  if (!expected_ && has_key()) {
    if (sdk::Status expected = expect_values(std::string(message.topic)); !expected.ok()) return expected;
  }
  if (out == Meaning::put) {
    if (sdk::Status filled = fill_value(message, out); !filled.ok()) return filled;
  }
  if (out != Meaning::remove) fill_metadata(message);
  if (out == Meaning::fault) fault_ = at(message) + ": " + fault_;
  return {};
}

sdk::Status MessageTable::fill_key(const Message& message, Meaning& out) {
  if (choice_.shape == Shape::events) {
    storage_[key_[0]] = std::string(message.topic) + "-" + std::to_string(message.partition) + "-" + std::to_string(message.offset);
    values_[key_[0]] = sdk::string_value(MG_TEXT, storage_[key_[0]]);
    if (!message.key) return {};
  }
  std::string fault;
  if (before_key_ > 0) values_[key_[0]] = sdk::string_value(MG_TEXT, message.topic);
  if (choice_.shape == Shape::state && !has_key()) {
    if (sdk::Status taken = take_key_columns(std::string(message.topic)); !taken.ok()) return taken;
  }
  if (!message.key) {
    fault = "the message has no key; a topic of such messages has the shape events";
  } else if (sdk::Status decoded = key_decoder_->decode(*message.key, decoded_key_); decoded.code == MG_BAD_RECORD) {
    fault = "key: " + decoded.message;
  } else if (!decoded.ok()) {
    return decoded;
  } else if (choice_.shape == Shape::state) {
    set_key(fault);
  } else {
    set_fields(decoded_key_, fault);
  }
  if (fault.empty()) return {};
  out = Meaning::fault;
  fault_ = std::move(fault);
  return {};
}

/// Those that are known before a key was read. What keys without a schema hold only they tell, if it is more than one value.
sdk::Status MessageTable::take_key_columns(const std::string& topic) {
  constexpr std::array<std::string_view, 3> kTold = {"json", "connect-json", "debezium"};
  if (std::ranges::find(kTold, choice_.key.format) != kTold.end()) return {};
  const sdk::Status expected = key_decoder_->expect(topic, decoded_key_);
  if (!expected.ok() || decoded_key_.fields.empty()) return expected;
  std::string fault;
  set_key(fault);
  return {};
}

sdk::Status MessageTable::expect_values(const std::string& topic) {
  const sdk::Status expected = value_decoder_->expect(topic, decoded_value_);
  if (!expected.ok()) return expected;
  for (const format::Field& field : decoded_value_.fields) {
    if (!places_.contains(field.name) && field.kind != MG_NULL) add(field.name, field.kind, field.native, 0);
  }
  for (const auto& [name, kind] : kMetadata) {
    if (choice_.metadata && !places_.contains(name)) add(name, kind, {}, 0);
  }
  expected_ = true;
  return {};
}

sdk::Status MessageTable::fill_value(const Message& message, Meaning& out) {
  if (!message.value) {
    if (choice_.shape == Shape::state) out = Meaning::remove;
    return {};
  }
  const sdk::Status decoded = value_decoder_->decode(*message.value, decoded_value_);
  if (!decoded.ok() && decoded.code != MG_BAD_RECORD) return decoded;
  std::string fault = decoded.message;
  if (decoded.ok()) {
    if (decoded_value_.source_time_us != 0) time_us_ = decoded_value_.source_time_us;
    switch (decoded_value_.change) {
      case format::Change::put: set_fields(decoded_value_, fault); break;
      case format::Change::remove: out = choice_.shape == Shape::state ? Meaning::remove : Meaning::nothing; return {};
      case format::Change::nothing: out = Meaning::nothing; return {};
      case format::Change::clear: fault = "the table was truncated at the source, and what stood in it is not known; have the source delete rows instead"; break;
    }
  }
  if (fault.empty()) return {};
  out = Meaning::fault;
  fault_ = std::move(fault);
  return {};
}

void MessageTable::set_key(std::string& fault) {
  auto& fields = decoded_key_.fields;
  std::ranges::sort(fields, {}, &format::Field::name);
  if (!has_key()) {
    const bool whole = !fields.empty() && std::ranges::none_of(fields, [](const auto& field) { return field.kind == MG_NULL; });
    for (const format::Field& field : fields) {
      if (whole) key_.push_back(add(field.name, field.kind, field.native, static_cast<uint32_t>(key_.size() + 1)));
    }
  }
  if (fields.size() + before_key_ != key_.size()) fault = "the key has other fields than those before";
  for (size_t i = 0; i < fields.size() && fault.empty(); ++i) {
    const size_t column = key_[before_key_ + i];
    const std::string name(fields[i].name);
    if (name != sdk::view(columns_[column].name)) {
      fault = "the key has other fields than those before: '" + name + "'";
    } else if (!format::fit(fields[i], columns_[column].type, values_[column], storage_[column])) {
      values_[column] = sdk::null_value();
      fault = "field " + name + " of the key is not " + std::string(format::kind_name(columns_[column].type));
    }
  }
}

void MessageTable::set_fields(const format::Decoded& decoded, std::string& fault) {
  for (const format::Field& field : decoded.fields) {
    const auto found = places_.find(field.name);
    if (found == places_.end() && field.kind == MG_NULL) continue;
    if (found == places_.end() && columns_.size() >= kMostColumns) {
      fault = "more than " + std::to_string(kMostColumns) + " different fields in one topic";
      return;
    }
    const size_t column = found == places_.end() ? add(field.name, field.kind, field.native, 0) : found->second;
    if (columns_[column].key > 0) {
      if (choice_.shape == Shape::events) fault = "a field is called " + std::string(kMessageId) + ", as the id of a message is; have it called something else";
      continue;  // of shape state the message's key says it
    }
    if (format::fit(field, columns_[column].type, values_[column], storage_[column])) continue;
    values_[column] = sdk::null_value();
    fault = "field " + std::string(field.name) + " is not " + std::string(format::kind_name(columns_[column].type)) + ", as it was before; declare it, like types: [ \"" +
            std::string(field.name) + ":decimal\" ]";
  }
}

void MessageTable::fill_metadata(const Message& message) {
  if (!choice_.metadata || !expected_) return;
  values_[places_.find(kTopic)->second] = sdk::string_value(MG_TEXT, message.topic);
  values_[places_.find("_partition")->second] = sdk::int64_value(message.partition);
  values_[places_.find("_offset")->second] = sdk::int64_value(message.offset);
  if (message.timestamp_ms >= 0) values_[places_.find("_timestamp")->second] = sdk::integer_value(MG_TIMESTAMPTZ, message.timestamp_ms * 1000);
  const size_t headers = places_.find("_headers")->second;
  storage_[headers].clear();
  append_headers(storage_[headers], message.headers);
  values_[headers] = sdk::string_value(MG_JSON, storage_[headers]);
}

std::string MessageTable::key_text() const {
  std::vector<mg_value> key;
  for (const size_t at : key_) key.push_back(values_[at]);
  return key_text(key);
}

std::string MessageTable::key_text(std::span<const mg_value> key) {
  std::string out;
  for (const mg_value& value : key) {
    if (value.kind == MG_TEXT || value.kind == MG_BYTES || value.kind == MG_DECIMAL || value.kind == MG_UUID || value.kind == MG_JSON) {
      out.append("t").append(std::to_string(value.s.size)).append(":").append(sdk::view(value.s));
    } else {
      out.append("n").append(std::to_string(value.i)).append(":");
    }
  }
  return out;
}

size_t MessageTable::add(std::string_view name, int32_t kind, std::string_view native, uint32_t key) {
  const size_t at = columns_.add(name, kind, native, key == 0, key);
  places_.emplace(std::string(name), at);
  values_.push_back(sdk::null_value());
  storage_.emplace_back();
  grown_ = true;
  return at;
}

std::string MessageTable::at(const Message& message) const {
  return "topic " + std::string(message.topic) + " partition " + std::to_string(message.partition) + " offset " + std::to_string(message.offset);
}

}  // namespace meshgate::kafka
