#include "gateway/net/unpack.hpp"

#include <zstd.h>

#include <algorithm>

namespace meshgate::net {

namespace {

constexpr int kWindowLog = 23;  ///< what RFC 8878 asks every decoder to take, and no more
constexpr std::size_t kRoom = std::size_t{64} << 10U;

}  // namespace

struct Unpacker::State {
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context{ZSTD_createDCtx(), ZSTD_freeDCtx};
};

Unpacker::Unpacker() : state_(std::make_unique<State>()) {
  if (state_->context) ZSTD_DCtx_setParameter(state_->context.get(), ZSTD_d_windowLogMax, kWindowLog);
}

Unpacker::~Unpacker() = default;

Refused Unpacker::add(std::string_view& packed, std::size_t most, std::string& out) {
  if (!state_->context) return Refusal{503, "there is no memory to unpack the body with"};
  const std::size_t begin = out.size();
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  // A full room means that there may be more behind what was read.
  for (bool more = full_ || !packed.empty(); more && out.size() - begin < most; more = full_ || in.pos < in.size) {
    const std::size_t before = out.size();
    out.resize(before + std::min(kRoom, most - (before - begin)));
    ZSTD_outBuffer room{out.data() + before, out.size() - before, 0};
    const std::size_t wanted = ZSTD_decompressStream(state_->context.get(), &room, &in);
    out.resize(before + room.pos);
    if (ZSTD_isError(wanted) != 0) return not_zstd();
    full_ = room.pos == room.size;
    whole_ = wanted == 0;
  }
  packed.remove_prefix(in.pos);
  return std::nullopt;
}

Refused unpack(std::string_view packed, std::size_t most, std::string& out) {
  Unpacker unpacker;
  out.clear();
  if (auto refused = unpacker.add(packed, most + 1, out)) return refused;
  if (out.size() > most) return Refusal{413, "the body is longer than this node takes when it is unpacked"};
  return unpacker.whole() ? Refused() : Refused(not_zstd());
}

Refusal not_zstd() { return {400, "the body is no zstd, or breaks off"}; }

}  // namespace meshgate::net
