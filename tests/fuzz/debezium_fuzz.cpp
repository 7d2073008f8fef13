// Any bytes read as a change event, as a record with Kafka Connect's schema and as plain JSON: fields that are exact, or a reason. What plain JSON
// takes is JSON by another parser's word too.
#include <simdjson.h>

#include <cstdint>
#include <string>

#include "tests/fuzz/decoded_must.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meshgate::kafka::format;
  using meshgate::fuzz::must;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const char* format : {"debezium", "connect-json", "json"}) {
    std::unique_ptr<Decoder> decoder;
    must(make_decoder({.format = format}, nullptr, decoder).ok(), "the format is known");
    meshgate::fuzz::decoded_must_be_exact(*decoder, bytes);
  }
  std::unique_ptr<Decoder> plain;
  must(make_decoder({.format = "json", .lone = "value", .types = {"a:text"}}, nullptr, plain).ok(), "the format is known");
  Decoded decoded;
  simdjson::dom::parser parser;
  const auto error = parser.parse(std::string(bytes)).error();
  if (plain->decode(bytes, decoded).ok()) must(error == simdjson::SUCCESS || error == simdjson::NUMBER_ERROR, "what is taken is JSON");
  return 0;
}
