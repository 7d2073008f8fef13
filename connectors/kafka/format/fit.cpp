#include "connectors/kafka/format/fit.hpp"

#include <charconv>
#include <limits>

#include "connectors/kafka/format/json_text.hpp"

namespace meshgate::kafka::format {

namespace {

bool whole_number(std::string_view digits, int32_t kind, mg_value& out) {
  const char* end = digits.data() + digits.size();
  out = kind == MG_INT64 ? sdk::int64_value(0) : sdk::uint64_value(0);
  const auto read = kind == MG_INT64 ? std::from_chars(digits.data(), end, out.i) : std::from_chars(digits.data(), end, out.u);
  return read.ec == std::errc{} && read.ptr == end;
}

bool is_number(int32_t kind) { return kind == MG_INT64 || kind == MG_UINT64 || kind == MG_DECIMAL; }

}  // namespace

bool fit(const Field& field, int32_t kind, mg_value& out, std::string& storage) {
  const mg_value& value = field.value;
  out = value;
  if (value.kind == MG_NULL || value.kind == kind) return true;
  if (value.kind == MG_FLOAT32 && kind == MG_FLOAT64) {
    out.kind = MG_FLOAT64;
    return true;
  }
  const bool to_json = kind == MG_JSON;
  if (!to_json && !(is_number(value.kind) && is_number(kind))) return false;
  storage.clear();
  if (to_json) {
    append_json(storage, value);
  } else {
    append_text(storage, value);
  }
  if (!to_json && kind != MG_DECIMAL) return whole_number(storage, kind, out);
  out = sdk::string_value(kind, storage);
  return true;
}

}  // namespace meshgate::kafka::format
