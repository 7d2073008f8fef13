#include "connectors/kafka/format/meaning.hpp"

#include <cmath>
#include <optional>
#include <utility>

#include "connectors/kafka/format/calendar.hpp"
#include "connectors/kafka/format/decimal.hpp"
#include "connectors/kafka/format/json_text.hpp"
#include "connectors/kafka/format/json_tree.hpp"

namespace meshgate::kafka::format {

namespace {

constexpr std::pair<std::string_view, Meaning> kNames[] = {
    {"org.apache.kafka.connect.data.Decimal", Meaning::decimal},
    {"org.apache.kafka.connect.data.Date", Meaning::date},
    {"org.apache.kafka.connect.data.Time", Meaning::time_millis},
    {"org.apache.kafka.connect.data.Timestamp", Meaning::instant_millis},
    {"io.debezium.time.Date", Meaning::date},
    {"io.debezium.time.Time", Meaning::time_millis},
    {"io.debezium.time.MicroTime", Meaning::time_micros},
    {"io.debezium.time.NanoTime", Meaning::time_nanos},
    {"io.debezium.time.Timestamp", Meaning::local_millis},
    {"io.debezium.time.MicroTimestamp", Meaning::local_micros},
    {"io.debezium.time.NanoTimestamp", Meaning::local_nanos},
    {"io.debezium.time.ZonedTimestamp", Meaning::instant_text},
    {"io.debezium.data.VariableScaleDecimal", Meaning::variable_decimal},
    {"io.debezium.data.Uuid", Meaning::uuid},
    {"io.debezium.data.Json", Meaning::json},
};

constexpr const char* kNoDay = "a date outside the years 1 to 9999";
constexpr const char* kNoTimeOfDay = "not a time of a day";
constexpr const char* kTooFine = "finer than a microsecond";

const char* counted(int32_t kind, int64_t count, int64_t first, int64_t end, const char* why, mg_value& out) {
  if (count < first || count >= end) return why;
  out = sdk::integer_value(kind, count);
  return nullptr;
}

/// A count of thousands or thousandths of a microsecond in microseconds.
const char* micros(int64_t count, int64_t per_micro, int64_t micros_per, int64_t& out) {
  if (count % per_micro != 0) return kTooFine;
  return __builtin_mul_overflow(count / per_micro, micros_per, &out) ? kNoDay : nullptr;
}

const char* moment(int32_t kind, int64_t count, int64_t per_micro, int64_t micros_per, mg_value& out) {
  int64_t at = 0;
  if (const char* why = micros(count, per_micro, micros_per, at)) return why;
  if (kind == MG_TIME) return counted(kind, at, 0, kMicrosPerDay, kNoTimeOfDay, out);
  return counted(kind, at, kFirstDay * kMicrosPerDay, kDaysEnd * kMicrosPerDay, kNoDay, out);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool parse_uuid(std::string_view text, std::string& out) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size();) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i++] != '-') return false;
      continue;
    }
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return false;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return true;
}

/// "P3M4DT5.006S".
void append_duration(std::string& out, std::string_view bytes) {
  uint32_t parts[3] = {};
  for (size_t i = 0; i < 12; ++i) parts[i / 4] |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[i])) << (i % 4 * 8);
  const std::string thousandths = std::to_string(1000 + parts[2] % 1000).substr(1);
  out = "P" + std::to_string(parts[0]) + "M" + std::to_string(parts[1]) + "DT" + std::to_string(parts[2] / 1000) + "." + thousandths + "S";
}

}  // namespace

Meaning meaning_named(std::string_view connect_name) {
  for (const auto& [name, meaning] : kNames) {
    if (name == connect_name) return meaning;
  }
  return Meaning::itself;
}

int32_t kind_of_number(Meaning meaning, int32_t otherwise) {
  switch (meaning) {
    case Meaning::date: return MG_DATE;
    case Meaning::time_millis:
    case Meaning::time_micros:
    case Meaning::time_nanos: return MG_TIME;
    case Meaning::local_millis:
    case Meaning::local_micros:
    case Meaning::local_nanos: return MG_TIMESTAMP;
    case Meaning::instant_millis:
    case Meaning::instant_micros:
    case Meaning::instant_nanos: return MG_TIMESTAMPTZ;
    default: return otherwise;
  }
}

int32_t kind_of_text(Meaning meaning) {
  switch (meaning) {
    case Meaning::uuid: return MG_UUID;
    case Meaning::json: return MG_JSON;
    case Meaning::instant_text: return MG_TIMESTAMPTZ;
    default: return MG_TEXT;
  }
}

int32_t kind_of_bytes(Meaning meaning) {
  switch (meaning) {
    case Meaning::uuid: return MG_UUID;
    case Meaning::decimal: return MG_DECIMAL;
    case Meaning::duration: return MG_TEXT;
    default: return MG_BYTES;
  }
}

const char* number_value(Meaning meaning, int64_t number, mg_value& out) {
  const int32_t kind = kind_of_number(meaning, MG_INT64);
  switch (meaning) {
    case Meaning::date: return counted(kind, number, kFirstDay, kDaysEnd, kNoDay, out);
    case Meaning::time_millis:
    case Meaning::local_millis:
    case Meaning::instant_millis: return moment(kind, number, 1, 1000, out);
    case Meaning::time_micros:
    case Meaning::local_micros:
    case Meaning::instant_micros: return moment(kind, number, 1, 1, out);
    case Meaning::time_nanos:
    case Meaning::local_nanos:
    case Meaning::instant_nanos: return moment(kind, number, 1000, 1, out);
    default: out = sdk::int64_value(number); return nullptr;
  }
}

const char* float_value(int32_t kind, double number, mg_value& out) {
  if (!std::isfinite(number)) return std::isnan(number) ? "NaN" : "infinity";
  out = sdk::float_value(kind, number);
  return nullptr;
}

const char* text_value(Meaning meaning, std::string_view text, Texts& texts, mg_value& out) {
  if (!valid_utf8(text)) return "not UTF-8";
  switch (meaning) {
    case Meaning::uuid: {
      std::string& bytes = texts.next();
      if (!parse_uuid(text, bytes)) return "not a UUID";
      out = sdk::string_value(MG_UUID, bytes);
      return nullptr;
    }
    case Meaning::json: {
      JsonTree proof;
      if (const char* why = proof.parse(text)) return why;
      out = sdk::string_value(MG_JSON, text);
      return nullptr;
    }
    case Meaning::instant_text: {
      const auto at = parse_timestamptz(text);
      if (!at) return "not a time of the years 1 to 9999 with a zone, to the microsecond";
      out = sdk::integer_value(MG_TIMESTAMPTZ, *at);
      return nullptr;
    }
    default: out = sdk::string_value(MG_TEXT, text); return nullptr;
  }
}

const char* bytes_value(Meaning meaning, int64_t scale, std::string_view bytes, Texts& texts, mg_value& out) {
  switch (meaning) {
    case Meaning::decimal: {
      std::string& digits = texts.next();
      if (const char* why = append_unscaled(digits, bytes, scale)) return why;
      out = sdk::string_value(MG_DECIMAL, digits);
      return nullptr;
    }
    case Meaning::duration: {
      if (bytes.size() != 12) return "a duration that is not 12 bytes long";
      std::string& text = texts.next();
      append_duration(text, bytes);
      out = sdk::string_value(MG_TEXT, text);
      return nullptr;
    }
    case Meaning::uuid:
      if (bytes.size() != 16) return "a UUID that is not 16 bytes long";
      out = sdk::string_value(MG_UUID, bytes);
      return nullptr;
    default: out = sdk::string_value(MG_BYTES, bytes); return nullptr;
  }
}

const char* instant_value(int64_t seconds, int64_t nanos, mg_value& out) {
  if (nanos < 0 || nanos >= 1'000'000'000) return "billionths that are not 0 to 999999999";
  if (nanos % 1000 != 0) return kTooFine;
  int64_t at = 0;
  if (__builtin_mul_overflow(seconds, kMicrosPerSecond, &at) || __builtin_add_overflow(at, nanos / 1000, &at)) return kNoDay;
  return counted(MG_TIMESTAMPTZ, at, kFirstDay * kMicrosPerDay, kDaysEnd * kMicrosPerDay, kNoDay, out);
}

}  // namespace meshgate::kafka::format
