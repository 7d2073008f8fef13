#include "gateway/net/unpack.hpp"

#include <zstd.h>

#include <algorithm>
#include <memory>

namespace meshgate::net {

namespace {

constexpr int kWindowLog = 23;  ///< what RFC 8878 asks every decoder to take, and no more
constexpr std::size_t kRoom = std::size_t{64} << 10U;

Refusal broken() { return {400, "the body is no zstd, or breaks off"}; }

}  // namespace

Refused unpack(std::string_view packed, std::size_t most, std::string& out) {
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  if (!context) return Refusal{503, "there is no memory to unpack the body with"};
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kWindowLog);
  out.clear();
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::size_t wanted = 1;
  // A full room means that there may be more behind what was read.
  for (bool more = true; more;) {
    const std::size_t before = out.size();
    out.resize(before + std::min(kRoom, most + 1 - before));
    ZSTD_outBuffer room{out.data() + before, out.size() - before, 0};
    wanted = ZSTD_decompressStream(context.get(), &room, &in);
    if (ZSTD_isError(wanted) != 0) return broken();
    out.resize(before + room.pos);
    if (out.size() > most) return Refusal{413, "the body is longer than this node takes when it is unpacked"};
    more = in.pos < in.size || room.pos == room.size;
  }
  return wanted == 0 ? Refused() : Refused(broken());
}

}  // namespace meshgate::net
