#include "gateway/net/http_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/un.h>
#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <thread>

#include "mesh/percent_encoding.hpp"
#include "tests/unit/device/scripted_server.hpp"

namespace meshgate::net {
namespace {

using std::chrono::milliseconds;
using test::ScriptedServer;
using test::Wire;
using testing::HasSubstr;
using testing::Not;

struct Collected {
  std::string bytes;
  Result<HttpClient::Answer> answer = Error{};
};

Collected collect(HttpClient& client, const std::string& url) {
  Collected out;
  out.answer = client.stream(url, {}, [&](std::string_view bytes) {
    out.bytes.append(bytes);
    return true;
  });
  return out;
}

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

std::string gzip(std::string text) {
  std::string out(text.size() + 100, '\0');
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(HttpClient, WholeAnswersAndOneConnection) {
  ScriptedServer server(
      [](const std::string& head, Wire& wire) { wire.whole(200, head.substr(0, head.find('\r')), "X-A: 1\r\nX-A: 2\r\n"); });
  HttpClient client;
  for (int i = 0; i < 3; ++i) {
    auto answer = client.send("GET", server.url() + "/x?y=1");
    ASSERT_TRUE(answer.has_value()) << answer.error().message;
    EXPECT_EQ(answer->status, 200U);
    EXPECT_EQ(answer->body, "GET /x?y=1 HTTP/1.1");
    EXPECT_EQ(std::count_if(answer->fields.all().begin(), answer->fields.all().end(), [](const auto& one) { return one.first == "X-A"; }),
              2);
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, SendsMethodFieldsAndBody) {
  ScriptedServer server([](const std::string& head, Wire& wire) { wire.whole(200, head, "Connection: close\r\n"); });
  HttpClient client;
  Fields fields;
  fields.add("Content-Type", "application/json");
  fields.add("X-Bad", "a\r\nX-Injected: 1");
  auto answer = client.send("PUT", server.url() + "/p", "body", fields);
  ASSERT_TRUE(answer.has_value());
  EXPECT_THAT(answer->body, HasSubstr("PUT /p HTTP/1.1"));
  EXPECT_THAT(answer->body, HasSubstr("Content-Length: 4"));
  EXPECT_THAT(answer->body, HasSubstr("application/json"));
  EXPECT_THAT(answer->body, Not(HasSubstr("X-Injected")));
}

TEST(HttpClient, StreamsChunks) {
  ScriptedServer server([](const std::string&, Wire& wire) {
    wire.chunked(200);
    for (int i = 0; i < 100; ++i) wire.chunk(std::string(1000, static_cast<char>('a' + i % 26)));
    wire.last_chunk();
  });
  HttpClient client;
  const Collected got = collect(client, server.url());
  ASSERT_TRUE(got.answer.has_value());
  EXPECT_EQ(got.bytes.size(), 100000U);
  EXPECT_TRUE(got.answer->body.empty());
}

TEST(HttpClient, WhatIsTakenCanBeStopped) {
  ScriptedServer server([](const std::string&, Wire& wire) {
    wire.chunked(200);
    wire.chunk("first");
    wire.until_closed();
  });
  HttpClient client;
  auto answer = client.stream(server.url(), {}, [](std::string_view) { return false; });
  EXPECT_TRUE(answer.has_value());
}

TEST(HttpClient, OtherStatusesKeepTheirBody) {
  ScriptedServer server([](const std::string&, Wire& wire) { wire.whole(410, "why"); });
  HttpClient client;
  const Collected got = collect(client, server.url());
  ASSERT_TRUE(got.answer.has_value());
  EXPECT_EQ(got.answer->status, 410U);
  EXPECT_EQ(got.answer->body, "why");
  EXPECT_EQ(got.bytes, "");
}

TEST(HttpClient, RedirectsAreAnswersNotFollowed) {
  ScriptedServer server([](const std::string&, Wire& wire) { wire.whole(302, "", "Location: http://127.0.0.1:1/\r\n"); });
  HttpClient client;
  auto answer = client.send("GET", server.url());
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 302U);
}

TEST(HttpClient, BrokenOffAnswersAreErrors) {
  const std::vector<ScriptedServer::Script> scripts = {
      [](const std::string&, Wire& wire) {
        wire.chunked(200);
        wire.chunk("half");
        wire.close();
      },
      [](const std::string&, Wire& wire) {
        wire.head(200, "Content-Length: 100\r\n");
        wire.raw("only this");
        wire.close();
      },
      [](const std::string&, Wire& wire) {
        wire.raw("HTTP/1.1 200 OK\r\nContent-Le");
        wire.close();
      },
      [](const std::string&, Wire& wire) { wire.close(); },
      [](const std::string&, Wire& wire) {
        wire.chunked(200);
        wire.raw("zz\r\n");
        wire.close();
      },
  };
  for (const auto& script : scripts) {
    ScriptedServer server(script);
    HttpClient client;
    const Collected got = collect(client, server.url());
    ASSERT_FALSE(got.answer.has_value());
    EXPECT_EQ(got.answer.error().code, Code::retry) << got.answer.error().message;
    EXPECT_THAT(got.answer.error().message, HasSubstr(server.url()));
  }
}

TEST(HttpClient, WhatDoesNotSpeakHttpIsForAPersonToCorrect) {
  ScriptedServer server([](const std::string&, Wire& wire) {
    wire.raw("220 mail.example.com ESMTP\r\n\r\n");
    wire.close();
  });
  HttpClient client;
  auto answer = client.send("GET", server.url());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, Code::config);
  EXPECT_THAT(answer.error().message, HasSubstr("check the port"));
}

TEST(HttpClient, AWrongContentLengthDoesNotSpillIntoTheNextAnswer) {
  int n = 0;
  ScriptedServer server([&](const std::string&, Wire& wire) {
    if (n++ > 0) return static_cast<void>(wire.whole(200, "second"));
    wire.raw("HTTP/1.1 200 X\r\nContent-Length: 5\r\n\r\nfirstHTTP/1.1 200 X\r\nContent-Length: 4\r\n\r\nevil");
  });
  HttpClient client;
  auto first = client.send("GET", server.url());
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->body, "first");
  auto second = client.send("GET", server.url());
  ASSERT_TRUE(second.has_value()) << second.error().message;
  EXPECT_EQ(second->body, "second");
}

TEST(HttpClient, SilenceIsAnError) {
  ScriptedServer server([](const std::string&, Wire& wire) {
    wire.chunked(200);
    wire.chunk("x");
    wire.until_closed();
  });
  ClientOptions options;
  options.silence = milliseconds(50);
  HttpClient client(options);
  const Collected got = collect(client, server.url());
  ASSERT_FALSE(got.answer.has_value());
  EXPECT_EQ(got.answer.error().code, Code::retry);
  EXPECT_THAT(got.answer.error().message, HasSubstr("no byte came for 50 ms"));
}

TEST(HttpClient, CancelFromAnotherThread) {
  HttpClient client;
  ScriptedServer server([&](const std::string&, Wire& wire) {
    wire.chunked(200);
    client.cancel();
    wire.until_closed();
  });
  const Collected got = collect(client, server.url());
  ASSERT_FALSE(got.answer.has_value());
  EXPECT_EQ(got.answer.error().code, Code::cancelled);
  EXPECT_EQ(client.send("GET", server.url()).error().code, Code::cancelled);
}

TEST(HttpClient, DecodesZstdAndGzipAsItComes) {
  std::string text;
  for (int i = 0; i < 50000; ++i) text += "line " + std::to_string(i) + "\n";
  for (const bool newer : {true, false}) {
    const std::string body = newer ? zstd(text) : gzip(text);
    ScriptedServer server([&](const std::string& head, Wire& wire) {
      EXPECT_THAT(head, HasSubstr("zstd, gzip"));
      wire.chunked(200, newer ? "Content-Encoding: zstd\r\n" : "Content-Encoding: gzip\r\n");
      for (std::size_t at = 0; at < body.size(); at += 777) wire.chunk(std::string_view(body).substr(at, 777));
      wire.last_chunk();
    });
    HttpClient client;
    const Collected got = collect(client, server.url());
    ASSERT_TRUE(got.answer.has_value()) << got.answer.error().message;
    EXPECT_EQ(got.bytes, text);
  }
}

TEST(HttpClient, LinesInACompressedStreamArriveWhenTheyAreFlushed) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ScriptedServer server([&](const std::string&, Wire& wire) {
    wire.chunked(200, "Content-Encoding: zstd\r\n");
    std::string text = "a line\n";
    std::string out(1000, '\0');
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    ZSTD_compressStream2(context, &to, &in, ZSTD_e_flush);
    wire.chunk(std::string_view(out).substr(0, to.pos));
    wire.until_closed();
  });
  HttpClient client;
  std::string got;
  auto answer = client.stream(server.url(), {}, [&](std::string_view bytes) {
    got.append(bytes);
    return got != "a line\n";
  });
  EXPECT_TRUE(answer.has_value());
  EXPECT_EQ(got, "a line\n");
  ZSTD_freeCCtx(context);
}

TEST(HttpClient, DamagedCompressionIsAnError) {
  ScriptedServer server([](const std::string&, Wire& wire) { wire.whole(200, "this is not zstd at all", "Content-Encoding: zstd\r\n"); });
  HttpClient client;
  EXPECT_FALSE(collect(client, server.url()).answer.has_value());
}

TEST(HttpClient, ABodyThatIsTooLargeIsRefused) {
  const std::string bomb = zstd(std::string((64U << 20U) + 1, '\0'));
  ScriptedServer server([&](const std::string&, Wire& wire) { wire.whole(200, bomb, "Content-Encoding: zstd\r\n"); });
  HttpClient client;
  auto answer = client.send("GET", server.url());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, Code::unsupported);
  EXPECT_THAT(answer.error().message, HasSubstr("64 MiB"));
}

TEST(HttpClient, CredentialsAreInNoMessage) {
  HttpClient client;
  for (const char* const url :
       {"http://joe:s3cret@127.0.0.1:1/x?token=s3cret", "http://joe:s3c ret@host:99999/", "ftp://joe:s3cret@host/", "joe:s3cret@"}) {
    auto answer = client.send("GET", url);
    ASSERT_FALSE(answer.has_value());
    EXPECT_THAT(answer.error().message, Not(HasSubstr("s3c")));
    EXPECT_THAT(answer.error().message, Not(HasSubstr("joe")));
  }
}

TEST(HttpClient, BadUrlsAreForAPersonToCorrect) {
  HttpClient client;
  for (const char* const url : {"", "http://", "ftp://host/", "file:///etc/passwd", "http://host:99999/"}) {
    auto answer = client.send("GET", url);
    ASSERT_FALSE(answer.has_value()) << url;
    EXPECT_EQ(answer.error().code, Code::config) << answer.error().message;
  }
}

TEST(HttpClient, PercentEncoding) {
  EXPECT_EQ(percent_encoded("a-Z_0.9~"), "a-Z_0.9~");
  EXPECT_EQ(percent_encoded("a b/ü&\xff"), "a%20b%2F%C3%BC%26%FF");
}

}  // namespace
}  // namespace meshgate::net
