#pragma once

#include <cstdint>
#include <string_view>

#include "connectors/kafka/format/field.hpp"

namespace meshgate::kafka::format {

/// What a stored number, text or run of bytes stands for, beyond its storage: Avro's logical types, Connect's and Debezium's semantic types. Those
/// called local have no zone, instants are UTC.
enum class Meaning : uint8_t {
  itself,
  date,
  time_millis,
  time_micros,
  time_nanos,
  local_millis,
  local_micros,
  local_nanos,
  instant_millis,
  instant_micros,
  instant_nanos,
  instant_text,  ///< "2026-01-05T10:15:09.123456Z"
  decimal,       ///< bytes: the unscaled number, two's complement, most significant first
  variable_decimal,  ///< a record of scale and value
  duration,      ///< 12 bytes: months, days, milliseconds, each least significant first
  uuid,
  json
};

/// By the name that Connect and Debezium give a type ("io.debezium.time.Date"); `itself` for names that change nothing.
Meaning meaning_named(std::string_view connect_name);

/// The kind of a whole number, a text or bytes of this meaning; `otherwise` where the meaning does not fit the storage or changes nothing.
int32_t kind_of_number(Meaning meaning, int32_t otherwise);
int32_t kind_of_text(Meaning meaning);
int32_t kind_of_bytes(Meaning meaning);

// A stored thing as a value of that kind: nullptr, or why it cannot be had exactly. What must be made stands in `texts`, the rest is borrowed.

const char* number_value(Meaning meaning, int64_t number, mg_value& out);
const char* float_value(int32_t kind, double number, mg_value& out);
const char* text_value(Meaning meaning, std::string_view text, Texts& texts, mg_value& out);
const char* bytes_value(Meaning meaning, int64_t scale, std::string_view bytes, Texts& texts, mg_value& out);
/// From whole seconds and billionths, as Protobuf's Timestamp has it.
const char* instant_value(int64_t seconds, int64_t nanos, mg_value& out);

}  // namespace meshgate::kafka::format
