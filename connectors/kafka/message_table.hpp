#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/kafka/choice.hpp"
#include "connectors/kafka/message.hpp"
#include "connectors/kafka/position.hpp"
#include "connectors/sdk/connector.hpp"

namespace meshgate::kafka {

/// What a message is to the feed.
enum class Meaning : std::uint8_t {
  put,
  remove,
  nothing,  ///< no record
  fault     ///< a record that cannot be had exactly
};

/// The columns of a topic and its messages as values of them. Columns grow as fields are met and never change their type. The key's come first: of shape
/// state the message's own key, of shape events `message_id`.
class MessageTable {
 public:
  /// MG_CONFIG where a format is not one.
  static sdk::Status make(const Choice& choice, format::Registry* registry, std::unique_ptr<MessageTable>& out);

  /// Columns that were announced before; only before the first fill().
  void recall(const std::vector<KnownColumn>& columns);
  [[nodiscard]] std::vector<KnownColumn> known() const;

  /// Decodes a message. Blocks while a schema is fetched. A failure is the registry's: the same message may be had later.
  sdk::Status fill(const Message& message, Meaning& out);
  /// The key alone, for key_text().
  sdk::Status read_key(const Message& message, Meaning& out);
  /// Of the last fill(): whether columns came to be, so that they must be announced again.
  [[nodiscard]] bool grown() const { return grown_; }
  [[nodiscard]] std::span<const mg_column> columns() const { return columns_.all(); }
  [[nodiscard]] std::span<const mg_value> values() const { return values_; }
  [[nodiscard]] const std::string& fault() const { return fault_; }
  [[nodiscard]] std::int64_t source_time_us() const { return time_us_; }
  /// Whether it is known which columns are the key.
  [[nodiscard]] bool has_key() const { return key_.size() > before_key_; }
  /// The text by which the last record's key is compared; a key as lookup() gives it has the same.
  [[nodiscard]] std::string key_text() const;
  static std::string key_text(std::span<const mg_value> key);

 private:
  explicit MessageTable(const Choice& choice) : choice_(choice) {}

  sdk::Status fill_key(const Message& message, Meaning& out);
  sdk::Status fill_value(const Message& message, Meaning& out);
  void fill_metadata(const Message& message);
  sdk::Status take_key_columns(const std::string& topic);
  sdk::Status expect_values(const std::string& topic);
  void set_key(std::string& fault);
  void set_fields(const format::Decoded& decoded, std::string& fault);
  size_t add(std::string_view name, int32_t kind, std::string_view native, uint32_t key);
  [[nodiscard]] std::string at(const Message& message) const;

  const Choice choice_;
  std::unique_ptr<format::Decoder> key_decoder_;
  std::unique_ptr<format::Decoder> value_decoder_;
  format::Decoded decoded_key_;
  format::Decoded decoded_value_;
  sdk::Columns columns_;
  std::map<std::string, size_t, std::less<>> places_;
  std::vector<size_t> key_;
  size_t before_key_ = 0;  ///< 1: of several topics of shape state each has keys of its own, and which it is comes first
  std::vector<mg_value> values_;
  std::deque<std::string> storage_;
  std::string fault_;
  std::int64_t time_us_ = 0;
  bool grown_ = false;
  bool expected_ = false;  ///< the columns that are known beforehand are there
};

}  // namespace meshgate::kafka
