#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "connectors/kafka/format/avro_schema.hpp"
#include "connectors/kafka/format/field.hpp"

namespace meshgate::kafka::format {

/// Reads one value in Avro's binary encoding by the schema that wrote it. Each call takes a value from the front and answers nullptr, or what is
/// wrong; then nothing more can be read. Time and memory are bounded by the bytes, whatever the schema says.
class AvroReader {
 public:
  AvroReader(const AvroSchema& schema, std::string_view bytes) : schema_(schema), bytes_(bytes), values_left_(kLeastValues + bytes.size()) {}

  /// A record's members as fields, anything else as one field `lone`. What is wrong, with the field's name; empty: nothing.
  std::string fields(uint32_t type, std::string_view lone, Decoded& out);
  /// The type of the value that follows: what a choice has chosen, or the type itself.
  const char* choose(uint32_t& type);
  /// A value as one of schema.kind(type).
  const char* value(uint32_t type, Texts& texts, mg_value& out);
  const char* skip(uint32_t type, size_t depth = 0);

  [[nodiscard]] bool done() const { return bytes_.empty(); }

 private:
  static constexpr size_t kLeastValues = 65'536;  // of those that take no bytes

  const char* json(uint32_t type, std::string& out, size_t depth);
  const char* scalar(const AvroType& type, Texts& texts, mg_value& out);
  const char* record_json(const AvroType& type, std::string& out, size_t depth);
  const char* list_json(const AvroType& type, std::string& out, size_t depth);
  const char* map_json(const AvroType& type, std::string& out, size_t depth);
  const char* variable_decimal(Texts& texts, mg_value& out);
  /// The number of values in the next block of a list or map; 0: it has ended.
  const char* block(uint64_t& count);
  const char* spend(size_t depth);
  const char* whole(int64_t least, int64_t most, int64_t& out);
  const char* take(uint64_t size, std::string_view& out);
  const char* counted_bytes(std::string_view& out);

  const AvroSchema& schema_;
  std::string_view bytes_;
  size_t values_left_;
  Texts scratch_;
};

}  // namespace meshgate::kafka::format
