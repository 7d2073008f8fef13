#include <cstddef>
#include <cstdint>
#include <string_view>

#include "connectors/kafka/position.hpp"
#include "tests/fuzz/must.hpp"

/// What is taken for a Position of the Kafka connector is written and read as the same one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto position = meshgate::kafka::Position::parse({reinterpret_cast<const char*>(data), size});
  if (!position) return 0;
  meshgate::fuzz::must(meshgate::kafka::Position::parse(position->text()) == position, "what is written is read");
  return 0;
}
