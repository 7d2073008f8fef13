#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/federation/batch_cutter.hpp"
#include "gateway/federation/brought.hpp"
#include "gateway/net/compressor.hpp"
#include "gateway/net/unpack.hpp"
#include "tests/fuzz/must.hpp"

using namespace meshgate;

namespace {

constexpr std::size_t kMost = 2000;

/// What is cut, up to the first that cannot be.
std::vector<std::string> cut(std::string_view bytes, std::size_t step) {
  federation::BatchCutter cutter(kMost);
  std::vector<std::string> out;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    cutter.add(bytes.substr(at, step));
    for (;;) {
      auto batch = cutter.next();
      if (!batch) return out;
      if (!*batch) break;
      fuzz::must((*batch)->page.size() <= kMost, "a page is bounded");
      fuzz::must(!(*batch)->page.empty() && (*batch)->page.back() == '\n', "a page is lines");
      out.push_back(federation::batch_head((*batch)->part, (*batch)->after) + (*batch)->page);
    }
  }
  return out;
}

/// Unpacked in small steps, the packed bytes cut anywhere.
bool unpacked(std::string_view bytes, std::size_t step, std::string& out) {
  net::Unpacker unpacker;
  for (std::size_t at = 0; at < bytes.size() && out.size() < 100000; at += step) {
    auto packed = bytes.substr(at, step);
    do {
      const std::size_t before = out.size();
      if (unpacker.add(packed, 1000, out)) return false;
      fuzz::must(out.size() - before <= 1000, "what is unpacked at once is bounded");
    } while ((!packed.empty() || unpacker.full()) && out.size() < 100000);
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = cut(bytes, size + 1);
  std::string again;
  for (const auto& one : whole) again += one;
  fuzz::must(cut(again, again.size() + 1) == whole, "batches that were cut, joined and cut again are the same");
  // Where bytes end does not matter but for what is refused earlier because it does not end.
  const auto pieces = cut(bytes, 7);
  fuzz::must(pieces.size() <= whole.size() && std::equal(pieces.begin(), pieces.end(), whole.begin()), "batches do not depend on how bytes come");
  (void)federation::parse_status_of(bytes);
  (void)federation::takes_line(bytes);
  std::string one;
  std::string other;
  if (unpacked(bytes, size + 1, one) && unpacked(bytes, 3, other)) fuzz::must(one.size() >= 100000 || one == other, "what is unpacked does not depend on how bytes come");
  std::string packed;
  std::string back;
  fuzz::must(net::Compressor::make(net::Encoding::zstd)->add(bytes, net::Flush::block, packed), "bytes can be packed");
  fuzz::must(unpacked(packed, 5, back) && (back.size() >= 100000 || back == bytes), "what was packed and flushed comes out");
  return 0;
}
