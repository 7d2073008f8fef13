#include "gateway/net/compressor.hpp"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <random>

#include "gateway/net/unpack.hpp"

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

std::string packed(const std::string& plain) {
  std::string out;
  EXPECT_TRUE(Compressor::make(Encoding::zstd)->add(plain, Flush::end, out));
  return out;
}

TEST(Unpack, GivesWhatWasPackedUpToALength) {
  const std::string plain = "a line\n" + std::string(200000, 'x') + "another\n";
  std::string out;
  EXPECT_FALSE(unpack(packed(plain), plain.size(), out));
  EXPECT_EQ(out, plain);
  EXPECT_FALSE(unpack(packed(plain) + packed("more"), plain.size() + 4, out));
  EXPECT_EQ(out, plain + "more");
  EXPECT_FALSE(unpack(packed(""), 0, out));
  EXPECT_EQ(out, "");
  EXPECT_EQ(unpack(packed(plain), plain.size() - 1, out)->status, 413U);
}

TEST(Unpack, RefusesWhatIsNoneBreaksOffOrGrowsTooLarge) {
  std::string out;
  const std::string bomb = packed(std::string(std::size_t{64} << 20U, '\0'));
  ASSERT_LT(bomb.size(), 10000U);
  EXPECT_EQ(unpack(bomb, std::size_t{1} << 20U, out)->status, 413U);
  EXPECT_LE(out.size(), (std::size_t{1} << 20U) + 1);
  const std::string good = packed("something worth saying");
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_EQ(unpack(good.substr(0, size), 1000, out)->status, 400U) << size;
  EXPECT_EQ(unpack("not packed at all", 1000, out)->status, 400U);
  EXPECT_EQ(unpack(good + "x", 1000, out)->status, 400U);
  // A frame that asks for a window of 16 MiB.
  EXPECT_EQ(unpack(std::string("\x28\xb5\x2f\xfd\x00\x70\x01\x00\x00", 9), 1000, out)->status, 400U);
}

}  // namespace
}  // namespace meshgate::net
