#include "gateway/net/http_line.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "gateway/net/compressor.hpp"
#include "tests/unit/device/scripted_server.hpp"
#include "tests/unit/net/server_fixture.hpp"

namespace meshgate::net::test {
namespace {

using meshgate::test::ScriptedServer;
using meshgate::test::Wire;
using std::chrono::milliseconds;
using testing::HasSubstr;

class HttpLineTest : public ServerFixture {
 protected:
  [[nodiscard]] std::string url(const char* path = "/turns") const { return server_->url() + path; }
};

Result<std::string> turn(HttpLine& line, std::string_view bytes) {
  if (auto sent = line.send(bytes); !sent) return std::move(sent).error();
  return line.take_line();
}

TEST_F(HttpLineTest, BytesThereAndALineBack) {
  start({});
  HttpLine line;
  EXPECT_FALSE(line.is_open());
  const auto opened = line.open(url());
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->status, 200U);
  EXPECT_EQ(opened->fields.find("Meshgate-Protocol"), "1");
  EXPECT_TRUE(line.is_open());
  for (const std::size_t size : {1U, 10U, 50000U}) {
    const std::string text(size, 'x');
    const auto back = turn(line, text + "\n");
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, text);
  }
}

TEST_F(HttpLineTest, MoreMayGoThereBeforeALineIsTaken) {
  start({});
  HttpLine line;
  ASSERT_TRUE(line.open(url()));
  for (const char* const text : {"a\n", "b\n", "c\n"}) ASSERT_TRUE(line.send(text));
  for (const char* const text : {"a", "b", "c"}) EXPECT_EQ(*line.take_line(), text);
  EXPECT_TRUE(line.is_open());
}

TEST_F(HttpLineTest, OfOneThatHasEndedAllLinesAreTaken) {
  start(small_limits());
  HttpLine line;
  ASSERT_TRUE(line.open(url()));
  ASSERT_TRUE(line.send("a\n"));
  ASSERT_TRUE(line.send(std::string(1500, 'x')));
  for (const char* const text : {"a", "413"}) {
    const auto back = line.take_line();
    ASSERT_TRUE(back) << text << ": " << back.error().message;
    EXPECT_EQ(*back, text);
  }
  const auto back = line.take_line();
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, Code::retry) << back.error().message;
  EXPECT_FALSE(line.is_open());
  EXPECT_EQ(line.send("y\n").error().code, Code::retry);
}

TEST_F(HttpLineTest, MuchGoesThereInOneTurn) {
  start({});
  HttpLine line;
  Fields fields;
  fields.add("Content-Encoding", "zstd");
  ASSERT_TRUE(line.open(url(), fields));
  std::string packed;
  std::string text;
  for (int i = 0; text.size() < 60000; ++i) text += std::to_string(i * 7919);
  ASSERT_TRUE(Compressor::make(Encoding::zstd)->add(text + "\n", Flush::block, packed));
  const auto back = turn(line, packed);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, text);
}

TEST_F(HttpLineTest, AnotherStatusIsAnAnswer) {
  start({});
  HttpLine line;
  const auto answer = line.open(url("/turns?no"));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 404U);
  EXPECT_EQ(answer->body, "no");
  EXPECT_FALSE(line.is_open());
}

TEST_F(HttpLineTest, WhatTheOtherSideHasEndedIsFoundAndMadeAnew) {
  ServerOptions options;
  options.idle_time = milliseconds(100);
  start(options);
  HttpLine line;
  ASSERT_TRUE(line.open(url()));
  ASSERT_TRUE(turn(line, "x\n"));
  std::this_thread::sleep_for(milliseconds(500));
  const auto back = turn(line, "y\n");
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, Code::retry) << back.error().message;
  EXPECT_FALSE(line.is_open());
  ASSERT_TRUE(line.open(url()));
  EXPECT_EQ(*turn(line, "y\n"), "y");
}

TEST_F(HttpLineTest, TheLastLineOfAnAnswerCounts) {
  start(small_limits());
  HttpLine line;
  ASSERT_TRUE(line.open(url()));
  const auto back = turn(line, std::string(1500, 'x'));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, "413");
  EXPECT_FALSE(turn(line, "y\n"));
  EXPECT_FALSE(line.is_open());
}

TEST(HttpLine, SilenceAndCancellationEndATurn) {
  ScriptedServer server([](const std::string&, Wire& wire) {
    wire.chunked(200);
    wire.until_closed();
  });
  ClientOptions options;
  options.silence = milliseconds(1000);
  HttpLine impatient(options);
  ASSERT_TRUE(impatient.open(server.url()));
  EXPECT_THAT(turn(impatient, "x\n").error().message, HasSubstr("no byte came for 1000 ms"));
  HttpLine line;
  ASSERT_TRUE(line.open(server.url()));
  std::thread other([&line] { line.cancel(); });
  EXPECT_EQ(turn(line, "x\n").error().code, Code::cancelled);
  other.join();
  EXPECT_EQ(line.open(server.url()).error().code, Code::cancelled);
}

TEST(HttpLine, WhatBreaksOffIsAnErrorAndNotALine) {
  for (const bool within : {true, false}) {
    ScriptedServer server([within](const std::string&, Wire& wire) {
      wire.chunked(200);
      if (within) wire.chunk("half a li");
      wire.close();
    });
    HttpLine line;
    ASSERT_TRUE(line.open(server.url()));
    const auto back = turn(line, "x\n");
    ASSERT_FALSE(back);
    EXPECT_EQ(back.error().code, Code::retry) << back.error().message;
  }
}

TEST(HttpLine, AConnectionThatIsClosedBeforeTheAnswerIsAnError) {
  ScriptedServer server([](const std::string&, Wire& wire) { wire.close(); });
  HttpLine line;
  const auto opened = line.open(server.url());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::retry) << opened.error().message;
}

TEST(HttpLine, ALineThatDoesNotEndIsRefused) {
  ScriptedServer server([](const std::string&, Wire& wire) {
    wire.chunked(200);
    while (wire.chunk(std::string(10000, 'x'))) {
    }
  });
  HttpLine line;
  ASSERT_TRUE(line.open(server.url()));
  EXPECT_EQ(turn(line, "x\n").error().code, Code::unsupported);
}

}  // namespace
}  // namespace meshgate::net::test
