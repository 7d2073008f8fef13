#pragma once

#include <cstdint>
#include <string_view>

#include "connectors/sdk/connector.h"
#include "connectors/sdk/status.hpp"

namespace meshgate::sdk {

// Values. Those made of text borrow it until emit() has returned.

inline mg_value null_value() { return mg_value{}; }
inline mg_value integer_value(int32_t kind, int64_t integer) {
  mg_value out{};
  out.kind = kind;
  out.i = integer;
  return out;
}
inline mg_value bool_value(bool value) { return integer_value(MG_BOOL, value ? 1 : 0); }
inline mg_value int64_value(int64_t value) { return integer_value(MG_INT64, value); }
inline mg_value uint64_value(uint64_t value) {
  mg_value out{};
  out.kind = MG_UINT64;
  out.u = value;
  return out;
}
inline mg_value float_value(int32_t kind, double value) {
  mg_value out{};
  out.kind = kind;
  out.f = value;
  return out;
}
inline mg_value string_value(int32_t kind, std::string_view text) {
  mg_value out{};
  out.kind = kind;
  out.s = borrow(text);
  return out;
}

/// The bytes a value counts for against mg_limits.max_bytes.
inline uint64_t bytes_of(const mg_value& value) {
  switch (value.kind) {
    case MG_DECIMAL:
    case MG_TEXT:
    case MG_BYTES:
    case MG_UUID:
    case MG_JSON: return value.s.size;
    default: return sizeof(int64_t);
  }
}

}  // namespace meshgate::sdk
