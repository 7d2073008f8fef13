#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/format/json_tree.hpp"
#include "connectors/kafka/format/meaning.hpp"

namespace meshgate::kafka::format {

/// A Kafka Connect schema, as its JSON converter writes it into every message.
struct ConnectType {
  enum class Form : uint8_t { boolean, whole, float32, float64, text, bytes, list, map, record };

  Form form = Form::text;
  Meaning meaning = Meaning::itself;
  int64_t scale = 0;
  bool optional = false;
  std::string native;
  std::string field;               ///< its name as a member of a record
  std::vector<ConnectType> inner;  ///< a record's members; what a list holds, or a map's values

  [[nodiscard]] int32_t kind() const;
  [[nodiscard]] const ConnectType* member(std::string_view name) const;
};

/// Compiled schemas by their text, since each message brings its own.
class ConnectSchemas {
 public:
  /// What is wrong, or empty. `out` is good until the next call.
  std::string get(const Json& schema, const ConnectType*& out);

 private:
  static constexpr size_t kMostSchemas = 64;

  struct Known {
    std::string text;
    ConnectType type;
    std::string fault;
  };
  std::deque<Known> known_;
};

/// {"schema":…,"payload":…}.
struct Enveloped {
  const Json* schema;
  const Json* payload;
};
std::optional<Enveloped> unwrap(const Json& json);

/// Adds a record's members as fields, anything else as one field `lone`. What is wrong, with the field's name; empty: nothing.
std::string add_typed(const ConnectType& type, const Json& json, std::string_view lone, Decoded& out);

}  // namespace meshgate::kafka::format
