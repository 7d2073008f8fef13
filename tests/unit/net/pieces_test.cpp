#include <gtest/gtest.h>

#include "gateway/net/encoding.hpp"
#include "gateway/net/server.hpp"
#include "gateway/net/target.hpp"
#include "gateway/net/wire.hpp"

namespace meshgate::net {
namespace {

TEST(Negotiate, PrefersZstdWhenTheReaderDoesNotCare) {
  EXPECT_EQ(negotiate(std::nullopt), Encoding::identity);
  EXPECT_EQ(negotiate(""), Encoding::identity);
  EXPECT_EQ(negotiate("gzip"), Encoding::gzip);
  EXPECT_EQ(negotiate("gzip, zstd"), Encoding::zstd);
  EXPECT_EQ(negotiate("GZIP;q=1.0, ZSTD ; q=1"), Encoding::zstd);
  EXPECT_EQ(negotiate("*"), Encoding::zstd);
  EXPECT_EQ(negotiate("br, deflate"), Encoding::identity);
}

TEST(Negotiate, FollowsTheWeights) {
  EXPECT_EQ(negotiate("gzip;q=0.9, zstd;q=0.8"), Encoding::gzip);
  EXPECT_EQ(negotiate("gzip;q=0.001"), Encoding::gzip);
  EXPECT_EQ(negotiate("identity, gzip;q=0.5"), Encoding::identity);
  EXPECT_EQ(negotiate("zstd;q=0, gzip;q=0"), Encoding::identity);
  EXPECT_EQ(negotiate("*;q=0.5, zstd;q=0"), Encoding::gzip);
  EXPECT_EQ(negotiate("gzip, *;q=0"), Encoding::gzip);
  EXPECT_EQ(negotiate("identity;q=0"), std::nullopt);
  EXPECT_EQ(negotiate("*;q=0"), std::nullopt);
  EXPECT_EQ(negotiate("zstd;q=nonsense, gzip"), Encoding::gzip);
}

TEST(Negotiate, SharedPiecesAreGzipOrPlain) {
  EXPECT_EQ(negotiate_shared("gzip, zstd"), Encoding::gzip);
  EXPECT_EQ(negotiate_shared("zstd"), Encoding::identity);
  EXPECT_EQ(negotiate_shared("zstd, gzip;q=0"), Encoding::identity);
  EXPECT_EQ(negotiate_shared("zstd, identity;q=0"), std::nullopt);
}

TEST(Quality, HasThreeDigitsAtMost) {
  EXPECT_EQ(parse_quality("1"), 1000);
  EXPECT_EQ(parse_quality("0.5"), 500);
  EXPECT_EQ(parse_quality("0.123"), 123);
  EXPECT_EQ(parse_quality("1.000"), 1000);
  for (const char* bad : {"", "2", "1.1", "0.1234", "-1", ".5", "0,5", "0x1"}) EXPECT_EQ(parse_quality(bad), std::nullopt) << bad;
}

TEST(ParseTarget, SplitsAndDecodes) {
  Target out;
  ASSERT_FALSE(parse_target("GET", "/a%2Fb?x=1&y=%C3%A4&&z&x=2", out));
  EXPECT_EQ(out.path, "/a%2Fb");
  const std::vector<std::pair<std::string, std::string>> expected{{"x", "1"}, {"y", "\xc3\xa4"}, {"z", ""}, {"x", "2"}};
  EXPECT_EQ(out.query, expected);
}

TEST(Router, CapturesDecodedSegments) {
  Router router;
  router.add("GET", "/feeds/{feed}/items/{id}", [](const Request&, Reply&) -> boost::asio::awaitable<void> { co_return; });
  Request request;
  request.method = "GET";
  request.path = "/feeds/a%20b/items/x%2Fy";
  (void)router.route(request);
  EXPECT_EQ(request.route, "/feeds/{feed}/items/{id}");
  EXPECT_EQ(request.captures, (std::vector<std::string>{"a b", "x/y"}));
  for (const char* other : {"/feeds//items/x", "/feeds/a/items", "/feeds/a/items/x/", "//feeds/a/items/x"}) {
    request.path = other;
    request.route.clear();
    (void)router.route(request);
    EXPECT_EQ(request.route, "") << other;
  }
}

TEST(HttpDate, IsTheFixedForm) {
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(http_date(1767608109), "Mon, 05 Jan 2026 10:15:09 GMT");
}

TEST(Problem, IsAJsonDocument) {
  const auto out = problem(410, "cursor-gone", "Gone \"away\"", "read again", "7-1", ",\"reason\":\"x\"");
  EXPECT_EQ(out.body,
            "{\"type\":\"urn:meshgate:problem:cursor-gone\",\"title\":\"Gone \\\"away\\\"\",\"status\":410,\"detail\":\"read again\","
            "\"instance\":\"urn:meshgate:request:7-1\",\"reason\":\"x\"}\n");
}

}  // namespace
}  // namespace meshgate::net
