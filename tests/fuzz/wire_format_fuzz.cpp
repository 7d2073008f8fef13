// Any bytes read as the wire format of a schema registry: the head that is taken is the head that was there, and a path's indexes can be used.
#include <cstdint>
#include <string>
#include <vector>

#include "connectors/kafka/format/wire.hpp"
#include "tests/fuzz/must.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meshgate::kafka::format;
  using meshgate::fuzz::must;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Framed frame;
  if (split_frame(bytes, frame) != nullptr) return 0;
  std::string again(1, '\0');
  for (const unsigned shift : {24U, 16U, 8U, 0U}) again += static_cast<char>(frame.schema >> shift & 255U);
  must(again.append(frame.payload) == bytes, "a head and its payload are the bytes");
  const std::string_view whole = frame.payload;
  std::vector<std::int32_t> path;
  if (take_message_path(frame.payload, path) != nullptr) return 0;
  must(!path.empty() && path.size() <= 32, "a path has one to 32 indexes");
  for (const std::int32_t index : path) must(index >= 0, "an index is not negative");
  must(whole.ends_with(frame.payload) && frame.payload.size() < whole.size(), "a path takes bytes from the front");
  return 0;
}
