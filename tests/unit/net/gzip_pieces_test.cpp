#include "gateway/net/gzip_pieces.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>
#include <thread>
#include <vector>

#include "gateway/net/broadcast.hpp"

namespace meshgate::net {
namespace {

/// What a gzip member holds; nothing when zlib does not take it as a whole one, checksum and length included.
std::optional<std::string> ungzip(std::string in) {
  std::string out(in.size() * 50 + 1000000, '\0');
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = inflate(&stream, Z_SYNC_FLUSH);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  if (result != Z_STREAM_END || stream.avail_in != 0) return std::nullopt;
  return out;
}

TEST(GzipPieces, StandInAnyOrderInOneMember) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::vector<std::unique_ptr<Broadcast>> pieces;
  for (int i = 0; i < 20; ++i) {
    std::string text;
    for (std::size_t n = random() % 70000; n > 0; --n) text += static_cast<char>('a' + random() % (i + 1));
    pieces.push_back(std::make_unique<Broadcast>(text));
  }
  for (int reader = 0; reader < 20; ++reader) {
    std::string packed(kGzipHead);
    std::string plain;
    GzipChecksum checksum;
    for (std::size_t n = random() % 30; n > 0; --n) {
      const Broadcast& piece = *pieces[random() % pieces.size()];
      packed.append(piece.gzip().bytes());
      plain.append(piece.plain().bytes());
      checksum.append(piece.checksum());
    }
    packed.append(gzip_tail(checksum));
    EXPECT_EQ(ungzip(packed), plain);
  }
}

TEST(GzipPieces, TakeBytesThatDoNotShrink) {
  std::mt19937 random(7);
  std::string noise;
  for (int i = 0; i < 100000; ++i) noise += static_cast<char>(random());
  std::string packed(kGzipHead);
  ASSERT_TRUE(append_gzip_piece(packed, noise));
  ASSERT_TRUE(append_gzip_piece(packed, ""));
  EXPECT_EQ(ungzip(packed.append(gzip_tail(GzipChecksum::of(noise)))), noise);
}

TEST(Broadcast, IsOneChunkAndTheSameForAllThreads) {
  const Broadcast lines(std::string(300, 'x'));
  EXPECT_EQ(lines.plain().chunk(), "12c\r\n" + std::string(300, 'x') + "\r\n");
  std::vector<const char*> seen(8);
  std::vector<std::thread> threads;
  for (auto& one : seen) threads.emplace_back([&] { one = lines.gzip().bytes().data(); });
  for (auto& one : threads) one.join();
  EXPECT_EQ(seen, std::vector<const char*>(8, lines.gzip().bytes().data()));
}

}  // namespace
}  // namespace meshgate::net
