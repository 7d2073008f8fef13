#include <cstddef>
#include <cstdint>
#include <string_view>

#include "connectors/odbc/position.hpp"
#include "tests/fuzz/must.hpp"

/// Bytes are a Position of the ODBC connector only if they are the ones that this Position is written as.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto position = meshgate::odbc::decode_position(bytes);
  if (!position) return 0;
  meshgate::fuzz::must(meshgate::odbc::encode(*position) == bytes, "a Position has one form");
  meshgate::fuzz::must(meshgate::odbc::decode_position(meshgate::odbc::encode(*position)) == position, "what is written is read");
  return 0;
}
