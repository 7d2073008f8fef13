#include "gateway/net/compressor.hpp"

#include <zlib.h>
#include <zstd.h>

namespace meshgate::net {

namespace {

constexpr int kZstdLevel = 1;  ///< with its own window, 512 KiB: one of 128 KiB is moved so often that it takes 1.4 times as long
constexpr int kGzipLevel = 1;
constexpr int kGzipWindow = 15 + 16;  ///< 16: with gzip's header
constexpr int kGzipMemory = 8;
constexpr std::size_t kRoom = std::size_t{16} << 10U;

class ZstdCompressor final : public Compressor {
 public:
  ZstdCompressor() : context_(ZSTD_createCCtx(), ZSTD_freeCCtx) {
    if (!context_) return;
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kZstdLevel);
  }
  [[nodiscard]] bool ready() const { return context_ != nullptr; }

  bool add(std::string_view bytes, Flush flush, std::string& out) override {
    const auto how = flush == Flush::end ? ZSTD_e_end : flush == Flush::block ? ZSTD_e_flush : ZSTD_e_continue;
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    for (;;) {
      const std::size_t before = out.size();
      out.resize(before + kRoom);
      ZSTD_outBuffer room{out.data() + before, kRoom, 0};
      const std::size_t left = ZSTD_compressStream2(context_.get(), &room, &in, how);
      out.resize(before + room.pos);
      if (ZSTD_isError(left) != 0) return false;
      if (how == ZSTD_e_continue ? in.pos == in.size : left == 0) return true;
    }
  }

 private:
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context_;
};

class GzipCompressor final : public Compressor {
 public:
  GzipCompressor() : ready_(deflateInit2(&stream_, kGzipLevel, Z_DEFLATED, kGzipWindow, kGzipMemory, Z_DEFAULT_STRATEGY) == Z_OK) {}
  ~GzipCompressor() override { deflateEnd(&stream_); }
  GzipCompressor(const GzipCompressor&) = delete;
  GzipCompressor& operator=(const GzipCompressor&) = delete;
  [[nodiscard]] bool ready() const { return ready_; }

  bool add(std::string_view bytes, Flush flush, std::string& out) override {
    const int how = flush == Flush::end ? Z_FINISH : flush == Flush::block ? Z_SYNC_FLUSH : Z_NO_FLUSH;
    // zlib reads only; its interface predates const.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      const std::size_t before = out.size();
      out.resize(before + kRoom);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
      stream_.avail_out = static_cast<uInt>(kRoom);
      const int result = deflate(&stream_, how);
      out.resize(before + kRoom - stream_.avail_out);
      if (result == Z_STREAM_ERROR) return false;
    } while (stream_.avail_out == 0);
    return true;
  }

 private:
  z_stream stream_{};
  bool ready_;
};

template <class T>
std::unique_ptr<Compressor> when_ready() {
  auto made = std::make_unique<T>();
  return made->ready() ? std::move(made) : nullptr;
}

}  // namespace

std::unique_ptr<Compressor> Compressor::make(Encoding encoding) {
  switch (encoding) {
    case Encoding::zstd: return when_ready<ZstdCompressor>();
    case Encoding::gzip: return when_ready<GzipCompressor>();
    case Encoding::identity: break;
  }
  return nullptr;
}

}  // namespace meshgate::net
