#include <zlib.h>

#include <thread>

#include "tests/unit/serve/node_fixture.hpp"

namespace meshgate::serve::test {
namespace {

using net::test::RawClient;

/// A gzip stream as it arrives.
class Gunzip {
 public:
  Gunzip() { inflateInit2(&stream_, 15 + 16); }
  ~Gunzip() { inflateEnd(&stream_); }
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  std::string take(std::string in) {
    std::string out(1000000, '\0');
    stream_.next_in = reinterpret_cast<Bytef*>(in.data());
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    result_ = inflate(&stream_, Z_SYNC_FLUSH);
    out.resize(out.size() - stream_.avail_out);
    return out;
  }
  /// The end came, with the right checksum and length.
  [[nodiscard]] bool whole() const { return result_ == Z_STREAM_END; }

 private:
  z_stream stream_{};
  int result_ = Z_OK;
};

class LiveTest : public NodeFixture {
 protected:
  /// Returns when so many readers wait for changes.
  void await_live(double readers) {
    auto& gauge = metrics_.gauge("meshgate_live_readers", "");
    while (gauge.value() < readers) std::this_thread::yield();
  }
  /// The first line that begins so; skips others.
  static std::string find_line(RawClient& peer, std::string_view start) {
    for (auto line = peer.receive_line(); line; line = peer.receive_line()) {
      if (line->starts_with(start)) return *line;
    }
    return {};
  }
  std::string head() { return cursor_of(get("/feeds/orders/changes").body); }
};

TEST_F(LiveTest, PollAnswersAtOnceWhenThereIsSomething) {
  put(*orders_, 1, 1);
  EXPECT_EQ(lines_of(get("/feeds/orders/changes?live=poll&wait=60").body).size(), 3U);
}

TEST_F(LiveTest, PollWaitsForACommit) {
  put(*orders_, 1, 1);
  auto peer = client();
  peer.send("GET /feeds/orders/changes?live=poll&wait=60&schema=1&after=" + head() + " HTTP/1.1\r\nHost: a\r\n\r\n");
  await_live(1);
  put(*orders_, 2, 2);
  const auto answer = peer.receive();
  ASSERT_EQ(lines_of(answer.body).size(), 2U) << answer.body;
  EXPECT_TRUE(answer.body.starts_with("{\"put\":{\"seq\":2"));
}

TEST_F(LiveTest, PollEndsWithAMark) {
  put(*orders_, 1, 1);
  const auto cursor = head();
  const auto answer = get("/feeds/orders/changes?live=poll&wait=0&schema=1&after=" + cursor);
  EXPECT_EQ(cursor_of(answer.body), cursor);
  EXPECT_EQ(lines_of(answer.body).size(), 1U);
}

TEST_F(LiveTest, StreamSeesCommitsAndBeats) {
  put(*orders_, 1, 1);
  auto peer = client();
  peer.send("GET /feeds/orders/changes?live=stream HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(peer.receive_head().status, 200U);
  EXPECT_NE(find_line(peer, "{\"mark\""), "");
  put(*orders_, 2, 2);
  EXPECT_NE(find_line(peer, "{\"put\":{\"seq\":2"), "");
  EXPECT_NE(find_line(peer, "{\"mark\""), "");
  EXPECT_NE(find_line(peer, "{\"mark\""), "");  // nothing happened: a heartbeat
}

TEST_F(LiveTest, ANewSchemaComesBeforeTheLineThatNeedsIt) {
  put(*orders_, 1, 1);
  auto peer = client();
  peer.send("GET /feeds/orders/changes?live=stream&schema=1 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(peer.receive_head().status, 200U);
  EXPECT_NE(find_line(peer, "{\"mark\""), "");
  Schema wider = orders_->state().schema;
  wider.fields.push_back({"note", Type::text, true, 0, ""});
  ASSERT_TRUE(orders_->define(wider, "rules 2", false));
  put(*orders_, 2, 2);
  std::string last;
  for (auto line = peer.receive_line(); line && !line->starts_with("{\"put\""); line = peer.receive_line()) {
    if (!line->starts_with("{\"mark\"")) last = *line;
  }
  EXPECT_TRUE(last.starts_with("{\"schema\":{\"version\":2")) << last;
}

TEST_F(LiveTest, EventsCarryIdsOnMarksOnly) {
  put(*orders_, 1, 1);
  auto peer = client();
  peer.send("GET /feeds/orders/changes?live=sse&after=nonsense HTTP/1.1\r\nHost: a\r\nLast-Event-ID: 0\r\n\r\n");
  const auto answer = peer.receive_head();
  EXPECT_EQ(answer.field("Content-Type"), "text/event-stream");
  std::vector<std::string> seen;
  for (int i = 0; i < 9; ++i) seen.push_back(peer.receive_line().value_or("END"));
  EXPECT_TRUE(seen[0].starts_with("retry: "));
  EXPECT_TRUE(seen[2].starts_with("data: {\"schema\"")) << seen[2];
  EXPECT_EQ(seen[3], "");
  EXPECT_TRUE(seen[4].starts_with("data: {\"put\"")) << seen[4];
  EXPECT_TRUE(seen[6].starts_with("id: ")) << seen[6];
  EXPECT_TRUE(seen[7].starts_with("data: {\"mark\"")) << seen[7];
  EXPECT_TRUE(find_line(peer, ":").starts_with(": ")) << "a heartbeat";
  put(*orders_, 2, 2);
  EXPECT_NE(find_line(peer, "data: {\"put\":{\"seq\":2"), "");
}

/// The bytes of the next chunk; empty at the last one.
std::string next_chunk(RawClient& peer) {
  std::string size;
  while (!size.ends_with("\r\n")) {
    const auto next = peer.take(1);
    if (next.empty()) return {};
    size += next;
  }
  auto out = peer.take(std::stoul(size, nullptr, 16));
  (void)peer.take(2);
  return out;
}

/// What a packed stream says, read as far as is asked for.
class Unpacked {
 public:
  explicit Unpacked(RawClient& peer) : peer_(peer) {}
  /// False: the stream ended before.
  bool until(std::string_view text) {
    while (lines_.find(text) == std::string::npos && !plain_.whole()) {
      const auto chunk = next_chunk(peer_);
      if (chunk.empty()) break;
      lines_ += plain_.take(chunk);
    }
    return lines_.find(text) != std::string::npos;
  }
  [[nodiscard]] bool whole() const { return plain_.whole(); }

 private:
  RawClient& peer_;
  Gunzip plain_;
  std::string lines_;
};

TEST_F(LiveTest, StreamsArePackedFromSharedPieces) {
  put(*orders_, 1, 100, std::string(900, 'y'));
  auto peer = client();
  peer.send("GET /feeds/orders/changes?live=stream HTTP/1.1\r\nHost: a\r\nAccept-Encoding: zstd, gzip;q=0.5\r\n\r\n");
  EXPECT_EQ(peer.receive_head().field("Content-Encoding"), "gzip");
  Unpacked lines(peer);
  EXPECT_TRUE(lines.until("{\"mark\""));
  put(*orders_, 101, 101);
  EXPECT_TRUE(lines.until("\"seq\":101,"));
  put(*orders_, 102, 102);
  EXPECT_TRUE(lines.until("\"seq\":102,"));
  std::thread drain([this] { server_->drain(std::chrono::seconds(10)); });
  EXPECT_FALSE(lines.until("never"));
  EXPECT_TRUE(lines.whole());
  drain.join();
}

TEST_F(LiveTest, WhatManyFeedsSendIsPackedFromSharedPieces) {
  put(*orders_, 1, 100, std::string(900, 'y'));
  put(*sales_, 1, 1, "", "north");
  const std::string body = R"({"protocol":1,"live":true,"feeds":[{"feed":"orders"},{"feed":"sales"}]})";
  auto peer = client();
  peer.send("POST /sync HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nAccept-Encoding: gzip\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_EQ(peer.receive_head().field("Content-Encoding"), "gzip");
  Unpacked lines(peer);
  EXPECT_TRUE(lines.until("\"seq\":100,"));
  EXPECT_TRUE(lines.until("\"north\""));
  put(*orders_, 101, 101);
  EXPECT_TRUE(lines.until("\"seq\":101,"));
  put(*sales_, 2, 2, "", "south");
  EXPECT_TRUE(lines.until("\"south\""));
  std::thread drain([this] { server_->drain(std::chrono::seconds(10)); });
  EXPECT_FALSE(lines.until("never"));
  EXPECT_TRUE(lines.whole());
  drain.join();
}

TEST_F(LiveTest, AStreamIsNotPackedWithZstd) {
  put(*orders_, 1, 1);
  auto peer = client();
  peer.send("GET /feeds/orders/changes?live=sse HTTP/1.1\r\nHost: a\r\nAccept-Encoding: zstd\r\n\r\n");
  EXPECT_EQ(peer.receive_head().field("Content-Encoding"), "");
}

TEST_F(LiveTest, AStreamEndsWhenTheNodeDrains) {
  put(*orders_, 1, 1);
  auto peer = client();
  peer.send("GET /feeds/orders/changes?live=stream HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(peer.receive_head().status, 200U);
  EXPECT_NE(find_line(peer, "{\"mark\""), "");
  std::thread drain([this] { server_->drain(std::chrono::seconds(10)); });
  EXPECT_EQ(find_line(peer, "never"), "");
  EXPECT_TRUE(peer.closed());
  drain.join();
}

/// At once, with a whole answer; who comes back is told why.
TEST_F(LiveTest, AStreamEndsWhenItsFeedIsRemoved) {
  for (const char* way : {"stream", "sse"}) {
    const auto feed = make_feed(std::string("gone-") + way, false);
    auto peer = client();
    const std::string target = std::string("/feeds/gone-") + way + "/changes";
    peer.send("GET " + target + "?live=" + way + " HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_EQ(peer.receive_head().status, 200U);
    for (auto line = peer.receive_line(); line && line->find("caught_up") == std::string::npos; line = peer.receive_line()) continue;
    ASSERT_TRUE(store_->drop(std::string("gone-") + way));
    while (peer.receive_line()) continue;
    EXPECT_EQ(get(target).status, 404U);
  }
}

TEST_F(LiveTest, AHundredReadersAreCompleteAndInOrder) {
  put(*orders_, 1, 1000);
  constexpr int kReaders = 100;
  std::vector<RawClient> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.push_back(client());
    readers.back().send("GET /feeds/orders/changes?live=stream HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  std::thread writer([this] {
    for (int i = 1001; i <= 1100; ++i) put(*orders_, i, i);
  });
  for (auto& reader : readers) {
    EXPECT_EQ(reader.receive_head().status, 200U);
    std::uint64_t last = 0;
    std::uint64_t entries = 0;
    while (last < 1100) {
      const auto line = find_line(reader, "{\"put\":{\"seq\":");
      ASSERT_NE(line, "");
      const auto seq = std::stoull(line.substr(14));
      EXPECT_GT(seq, last);
      last = seq;
      ++entries;
    }
    EXPECT_EQ(entries, 1100U);
  }
  writer.join();
}

TEST_F(LiveTest, ASlowReaderHoldsNoPages) {
  // 40 MB of lines; the reader takes a little and stops: the server may have read two pages beyond what the kernel took.
  for (int i = 0; i < 40; ++i) put(*orders_, i * 1000 + 1, i * 1000 + 1000, std::string(900, 'x'));
  auto peer = client();
  peer.send("GET /feeds/orders/changes HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(peer.take(100000).size(), 100000U);
  EXPECT_EQ(get("/feeds").status, 200U);
  auto& sent = metrics_.counter("meshgate_http_sent_bytes", "");
  EXPECT_LT(sent.value(), 30000000U);
}

}  // namespace
}  // namespace meshgate::serve::test
