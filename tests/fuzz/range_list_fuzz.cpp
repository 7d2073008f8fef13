#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gateway/device/node.hpp"
#include "tests/fuzz/must.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meshgate;
  const auto list = device::parse_ranges(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!list) return 0;
  Seq end{0};
  for (const auto& one : list->ranges) {
    fuzz::must(one.after == end && one.after < one.to && one.to <= one.at, "ranges follow each other");
    end = one.to;
  }
  fuzz::must(!list->epoch.bits.zero(), "the epoch is one");
  return 0;
}
