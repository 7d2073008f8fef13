#include "gateway/net/compressor.hpp"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <random>

namespace meshgate::net {
namespace {

std::string unzstd(const std::string& in) {
  std::string out(in.size() * 50 + 100000, '\0');
  ZSTD_DCtx* context = ZSTD_createDCtx();
  ZSTD_inBuffer from{in.data(), in.size(), 0};
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  while (from.pos < from.size && ZSTD_isError(ZSTD_decompressStream(context, &to, &from)) == 0) {
  }
  ZSTD_freeDCtx(context);
  out.resize(to.pos);
  return out;
}

std::string ungzip(std::string in) {
  std::string out(in.size() * 50 + 100000, '\0');
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  inflate(&stream, Z_SYNC_FLUSH);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

class Compression : public testing::TestWithParam<Encoding> {
 protected:
  static std::string plain(const std::string& in) { return GetParam() == Encoding::zstd ? unzstd(in) : ungzip(in); }
};

TEST_P(Compression, BringsOutWhatWentIn) {
  std::mt19937 random(7);
  std::string all;
  std::string packed;
  const auto compressor = Compressor::make(GetParam());
  for (int i = 0; i < 40; ++i) {
    std::string piece;
    for (std::size_t n = random() % 20000; n > 0; --n) piece += static_cast<char>('a' + random() % 7);
    ASSERT_TRUE(compressor->add(piece, Flush::none, packed));
    all += piece;
  }
  ASSERT_TRUE(compressor->add({}, Flush::end, packed));
  EXPECT_EQ(plain(packed), all);
  EXPECT_LT(packed.size(), all.size());
}

TEST_P(Compression, AFlushBringsEverythingSoFar) {
  const auto compressor = Compressor::make(GetParam());
  std::string packed;
  std::string all;
  for (const char* line : {"first\n", "second\n", "third\n"}) {
    all += line;
    ASSERT_TRUE(compressor->add(line, Flush::block, packed));
    EXPECT_EQ(plain(packed), all);
  }
}

INSTANTIATE_TEST_SUITE_P(Both, Compression, testing::Values(Encoding::gzip, Encoding::zstd), [](const auto& each) { return std::string(name(each.param)); });

}  // namespace
}  // namespace meshgate::net
