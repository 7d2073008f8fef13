#include "config/keys.hpp"

#include <gtest/gtest.h>

namespace meshgate::config {
namespace {

using std::chrono::milliseconds;

TEST(Duration, Units) {
  EXPECT_EQ(parse_duration("250ms"), milliseconds(250));
  EXPECT_EQ(parse_duration("1s"), milliseconds(1000));
  EXPECT_EQ(parse_duration("5m"), milliseconds(300000));
  EXPECT_EQ(parse_duration("2h"), milliseconds(7200000));
  EXPECT_EQ(parse_duration("30d"), milliseconds(2592000000));
  EXPECT_EQ(parse_duration("0"), milliseconds(0));
}

TEST(Duration, Refused) {
  for (const char* text : {"", "5", "s", "-1s", "1.5s", "1 s", "01s", "1S", "12:30", "1s1s", "106751991168d", "9223372036854775807s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Size, Units) {
  EXPECT_EQ(parse_size("512"), 512U);
  EXPECT_EQ(parse_size("64KiB"), 65536U);
  EXPECT_EQ(parse_size("10MB"), 10000000U);
  EXPECT_EQ(parse_size("2GiB"), 2147483648U);
  EXPECT_EQ(parse_size("1B"), 1U);
  EXPECT_EQ(parse_size("9223372036854775807"), 9223372036854775807U);
}

TEST(Size, Refused) {
  for (const char* text : {"", "-1", "1kb", "1 MB", "0x10", "012", "1e3", "9223372036854775808", "99999999TiB"})
    EXPECT_FALSE(parse_size(text)) << text;
}

TEST(Share, InHundredthsOfAPercent) {
  EXPECT_EQ(parse_share("10%"), 1000U);
  EXPECT_EQ(parse_share("2.5%"), 250U);
  EXPECT_EQ(parse_share("0.01%"), 1U);
  EXPECT_EQ(parse_share("0%"), 0U);
  EXPECT_EQ(parse_share("100%"), 10000U);
}

TEST(Share, Refused) {
  for (const char* text : {"", "%", "10", "-1%", "101%", "100.01%", "1.%", ".5%", "1.234%", "1e1%", "10 %", "0.5"}) EXPECT_FALSE(parse_share(text)) << text;
}

TEST(Section, AShareIsReadWrittenAndLimited) {
  constexpr Key kKeys[] = {{.name = "share", .form = Form::share, .fallback = "10%", .least = 50, .most = 5000}};
  Secrets secrets;
  Diagnostics out;
  EXPECT_EQ(Section(Node(), kKeys, secrets, out).share("share"), 1000U);
  EXPECT_EQ(Section(parse_yaml("share: 12.5%", "c.yaml", out), kKeys, secrets, out).share("share"), 1250U);
  EXPECT_TRUE(out.empty()) << out.text();
  Section(parse_yaml("share: 0.25%", "c.yaml", out), kKeys, secrets, out);
  Section(parse_yaml("share: 10", "c.yaml", out), kKeys, secrets, out);
  EXPECT_EQ(out.text(), "c.yaml:1:8: 'share': '0.25%' is less than the least, 0.5%\nc.yaml:1:8: 'share' must be a share such as 10%, not '10'\n");
}

TEST(Section, AnyOtherName) {
  constexpr Key kKeys[] = {{.name = "driver", .required = true}, {.name = "pwd", .secret = true}, {.name = "*"}};
  Secrets secrets;
  Diagnostics out;
  const Section section(parse_yaml("{ Server: db, driver: x, UseDeclareFetch: 1, Opt: [a] }", "c.yaml", out), kKeys, secrets, out);
  ASSERT_EQ(section.others().size(), 2U);
  EXPECT_EQ(section.others()[0], std::make_pair(std::string("Server"), std::string("db")));
  EXPECT_EQ(section.others()[1].second, "1");
  EXPECT_EQ(section.text("driver"), "x");
  EXPECT_EQ(out.text(), "c.yaml:1:51: 'Opt' must be a text, not a list\n");
}

TEST(Section, AbsentIsEmpty) {
  constexpr Key kKeys[] = {{.name = "a", .fallback = "x"}};
  Secrets secrets;
  Diagnostics out;
  const Section section(Node(), kKeys, secrets, out);
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(section.text("a"), "x");
  EXPECT_FALSE(section.has("a"));
  EXPECT_FALSE(section.node("a").present());
}

TEST(Section, DefaultPathStartsAtTheFileToo) {
  constexpr Key kKeys[] = {{.name = "data", .form = Form::path, .fallback = "data"}, {.name = "log", .form = Form::path}};
  Secrets secrets;
  Diagnostics out;
  const Section section(parse_yaml("{}", "/etc/mesh/c.yaml", out), kKeys, secrets, out);
  EXPECT_EQ(section.path("data"), "/etc/mesh/data");
  EXPECT_EQ(section.path("log"), "");
}

TEST(Section, OutlivesItsMove) {
  constexpr Key kKeys[] = {{.name = "a"}};
  Secrets secrets;
  Diagnostics out;
  Section first(parse_yaml("a: some longer text that is not kept in place", "c.yaml", out), kKeys, secrets, out);
  const Section second = std::move(first);
  EXPECT_EQ(second.text("a"), "some longer text that is not kept in place");
  EXPECT_EQ(second.place("a").column, 4U);
  EXPECT_EQ(second.place("b").column, 1U);
}

}  // namespace
}  // namespace meshgate::config
