#include <cstddef>
#include <cstdint>
#include <string>

#include "gateway/net/compressor.hpp"
#include "gateway/net/unpack.hpp"
#include "tests/fuzz/must.hpp"

using namespace meshgate;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMost = 100000;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string out;
  const auto refused = net::unpack(bytes, kMost, out);
  fuzz::must(out.size() <= kMost + 1, "what is unpacked is bounded");
  fuzz::must(!refused || refused->status == 400 || refused->status == 413, "a body is refused for what it is");
  if (refused || out.size() > kMost) return 0;
  std::string packed;
  std::string again;
  fuzz::must(net::Compressor::make(net::Encoding::zstd)->add(out, net::Flush::end, packed), "what was unpacked can be packed");
  fuzz::must(!net::unpack(packed, kMost, again) && again == out, "what was packed and unpacked is the same");
  return 0;
}
