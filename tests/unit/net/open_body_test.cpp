#include <thread>

#include "gateway/net/compressor.hpp"
#include "tests/unit/net/server_fixture.hpp"

namespace meshgate::net::test {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kOpen = "POST /turns HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n";

class OpenBodyTest : public ServerFixture {
 protected:
  /// A client whose request has been answered, and whose body may come.
  RawClient opened(std::string_view more = {}) {
    auto peer = client();
    peer.send(std::string(kOpen).append(more).append("\r\n"));
    const auto head = peer.receive_head();
    EXPECT_EQ(head.status, 200U);
    EXPECT_EQ(head.field("Connection"), "close");
    return peer;
  }
};

std::string chunk(std::string_view bytes) {
  char size[24];
  const int length = std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return std::string(size, static_cast<std::size_t>(length)).append(bytes).append("\r\n");
}

TEST_F(OpenBodyTest, IsAnsweredWhileItComes) {
  start({});
  auto peer = opened();
  for (int i = 0; i < 3; ++i) {
    const std::string text = "line " + std::to_string(i);
    peer.send(chunk(text + "\n"));
    EXPECT_EQ(peer.receive_line(), text);
  }
  peer.send(chunk("a") + chunk("b\nc") + chunk("\n"));
  EXPECT_EQ(peer.receive_line(), "ab");
  EXPECT_EQ(peer.receive_line(), "c");
  peer.send("0\r\n\r\nGET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(peer.receive_line()) << "where the body ends the answer does";
  EXPECT_TRUE(peer.closed()) << "and nothing else is answered on that connection";
}

TEST_F(OpenBodyTest, IsUnpackedAsItComes) {
  start({});
  auto peer = opened("Content-Encoding: zstd\r\n");
  const auto packer = Compressor::make(Encoding::zstd);
  for (const std::string text : {"first", "second"}) {
    std::string packed;
    ASSERT_TRUE(packer->add(text + "\n", Flush::block, packed));
    peer.send(chunk(packed));
    EXPECT_EQ(peer.receive_line(), text);
  }
  peer.send("0\r\n\r\n");
  EXPECT_EQ(peer.receive_line(), "400") << "the stream breaks off";
}

TEST_F(OpenBodyTest, GarbageAndWhatGrowsTooLargeEndIt) {
  start(small_limits());
  auto garbage = opened("Content-Encoding: zstd\r\n");
  garbage.send(chunk("this is no zstd"));
  EXPECT_EQ(garbage.receive_line(), "400");
  EXPECT_FALSE(garbage.receive_line());
  auto bomb = opened("Content-Encoding: zstd\r\n");
  std::string packed;
  ASSERT_TRUE(Compressor::make(Encoding::zstd)->add(std::string(64U << 20U, 'x'), Flush::end, packed));
  bomb.send(chunk(packed));
  EXPECT_EQ(bomb.receive_line(), "413");
  EXPECT_FALSE(bomb.receive_line());
  auto extension = opened();
  extension.send("1;" + std::string(5000, 'x'));
  EXPECT_EQ(extension.receive_line(), "431");
  EXPECT_EQ(client().get("/echo").status, 200U);
}

TEST_F(OpenBodyTest, MayBeLongerThanABodyInAll) {
  start(small_limits());
  auto peer = opened();
  for (int i = 0; i < 10; ++i) {
    peer.send(chunk(std::string(500, 'x') + "\n"));
    EXPECT_EQ(peer.receive_line()->size(), 500U);
  }
}

TEST_F(OpenBodyTest, MayIdleBetweenButNotWithin) {
  ServerOptions options;
  options.idle_time = milliseconds(600000);
  options.body_time = milliseconds(200);
  start(options);
  auto peer = opened();
  std::this_thread::sleep_for(milliseconds(400));
  peer.send(chunk("x\n"));
  EXPECT_EQ(peer.receive_line(), "x") << "it has waited longer than a body may take";
  peer.send(chunk("y"));
  EXPECT_EQ(peer.receive_line(), "408");
  EXPECT_FALSE(peer.receive_line());
}

TEST_F(OpenBodyTest, EndsWhenNothingComes) {
  ServerOptions options;
  options.idle_time = milliseconds(100);
  start(options);
  auto peer = opened();
  EXPECT_FALSE(peer.receive_line());
  EXPECT_TRUE(peer.closed());
}

TEST_F(OpenBodyTest, EndsWhenTheServerDrains) {
  start({});
  auto peer = opened();
  peer.send(chunk("x\n"));
  EXPECT_EQ(peer.receive_line(), "x");
  server_->drain(milliseconds(60000));
  EXPECT_FALSE(peer.receive_line()) << "the answer is whole";
}

TEST_F(OpenBodyTest, IsWaitedForWhereItIsAskedWhether) {
  start({});
  auto peer = client();
  peer.send(std::string(kOpen) + "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(peer.receive_head().status, 100U);
  EXPECT_EQ(peer.receive_head().status, 200U);
  peer.send(chunk("x\n"));
  EXPECT_EQ(peer.receive_line(), "x");
}

}  // namespace
}  // namespace meshgate::net::test
