// A schema, a line's end, and bytes that claim to be written by it: the decoder reads both within bounds, and what it takes is exact.
#include <cstdint>

#include "tests/fuzz/decoded_must.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using meshgate::kafka::format::Written;
  meshgate::fuzz::schema_and_payload({reinterpret_cast<const char*>(data), size}, Written::Language::avro, "avro");
  meshgate::fuzz::schema_and_payload({reinterpret_cast<const char*>(data), size}, Written::Language::avro, "debezium-avro");
  return 0;
}
