#include <array>

#include "gateway/serve/csv.hpp"
#include "gateway/serve/format.hpp"
#include "gateway/serve/recast.hpp"
#include "gateway/serve/xml.hpp"
#include "tests/unit/serve/node_fixture.hpp"

namespace meshgate::serve::test {
namespace {

TEST(NegotiatingFormats, TheHighestQualityWinsAndTheBestFitTellsIt) {
  constexpr std::array kOffers{Format::json, Format::ndjson, Format::csv, Format::atom};
  struct Case {
    const char* accept;
    std::optional<Format> chosen;
  };
  for (const Case& one : {Case{"*/*", Format::json}, Case{"", Format::json}, Case{"text/csv", Format::csv}, Case{"TEXT/CSV ; header=present", Format::csv},
                          Case{"text/*", Format::csv}, Case{"application/*;q=0.3, text/csv;q=0.4", Format::csv}, Case{"*/*, application/json;q=0", Format::ndjson},
                          Case{"application/json;q=0.1, application/*;q=0.9", Format::ndjson}, Case{"text/html, */*;q=0.01", Format::json},
                          Case{"application/ndjson", Format::ndjson}, Case{"text/html", std::nullopt}, Case{"*/*;q=0", std::nullopt},
                          Case{"text/csv;q=nonsense", std::nullopt}, Case{"application/atom+xml;type=feed, application/rss+xml", Format::atom}}) {
    EXPECT_EQ(negotiate_format(one.accept, kOffers), one.chosen) << one.accept;
  }
  EXPECT_EQ(negotiate_format(std::nullopt, kOffers), Format::json);
}

TEST(WritingXml, EveryTextComesBackOrSaysThatItCannot) {
  const auto written = [](std::string_view text) {
    std::string out;
    append_xml_text(out, text);
    return out;
  };
  EXPECT_EQ(written("<a b=\"c\"> & ]]>"), "&lt;a b=&quot;c&quot;&gt; &amp; ]]&gt;");
  EXPECT_EQ(written("\t\r\n"), "&#9;&#13;&#10;");
  EXPECT_EQ(written("a\x01z 😀"), "a\uFFFDz 😀");
  EXPECT_EQ(written("\uFFFE\uFFFF\uFFFD"), "\uFFFD\uFFFD\uFFFD");
}

TEST(WritingCsv, NullAndAnEmptyTextDiffer) {
  std::string out;
  CsvRow row(out);
  for (const auto& cell : {std::optional<std::string_view>("plain"), std::optional<std::string_view>(), std::optional<std::string_view>(""),
                           std::optional<std::string_view>("a,\"b\"\r\n"), std::optional<std::string_view>(" x")}) {
    row.cell(cell);
  }
  row.end();
  EXPECT_EQ(out, "plain,,\"\",\"a,\"\"b\"\"\r\n\",\" x\"\r\n");
}

TEST(LinesAsCsv, EndsAtTheMarkBeforeOtherFields) {
  constexpr std::string_view kId = R"({"name":"id","type":"int64","nullable":false,"key":1})";
  const std::string first = "{\"schema\":{\"version\":1,\"fields\":[" + std::string(kId) + "]}}\n";
  const std::string same = "{\"schema\":{\"version\":2,\"fields\":[" + std::string(kId) + "]}}\n";
  const std::string other = "{\"schema\":{\"version\":3,\"fields\":[" + std::string(kId) + R"(,{"name":"note","type":"text","nullable":true}]}})" + "\n";
  const std::string gone = "{\"gone\":{\"seq\":7,\"id\":\"4\"}}\n";
  LinesAsCsv csv;
  std::string out;
  EXPECT_TRUE(csv.append(out, first + same + gone + "{\"trim\":{\"seq\":9,\"through\":8}}\n"));
  EXPECT_EQ(out,
            "_op,_seq,_id,_rev,_at,_through,_cursor,_caught_up,_count,_digest,id\r\n"
            "gone,7,4,,,,,,,,\r\n"
            "trim,9,,,,8,,,,,\r\n");
  EXPECT_FALSE(csv.append(out, other + gone));
  EXPECT_TRUE(out.ends_with("trim,9,,,,8,,,,,\r\n"));
}

class FormatsTest : public NodeFixture {};

TEST_F(FormatsTest, ALongAnswerIsRecastChunkByChunk) {
  put(*orders_, 1, 20000, std::string(100, 'x'));
  const auto csv = get("/feeds/orders/changes?format=csv");
  ASSERT_TRUE(csv.whole);
  EXPECT_EQ(csv.field("Content-Type"), "text/csv; charset=utf-8; header=present");
  const auto rows = lines_of(csv.body);
  EXPECT_EQ(std::count_if(rows.begin(), rows.end(), [](const std::string& row) { return row.starts_with("put,"); }), 20000);
  EXPECT_EQ(std::count_if(rows.begin(), rows.end(), [](const std::string& row) { return row.starts_with("_op,"); }), 1);
  EXPECT_TRUE(rows.back().starts_with("mark,")) << rows.back();
  EXPECT_NE(rows.back().find(",true,20000,sum128:"), std::string::npos);
  const auto json = get("/feeds/orders/changes", "Accept: application/json\r\n");
  ASSERT_TRUE(json.whole);
  const auto lines = lines_of(json.body);
  EXPECT_EQ(lines.front(), "[");
  EXPECT_EQ(lines.back(), "]");
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(), [](const std::string& line) { return line.starts_with("{\"put\""); }), 20000);
}

TEST_F(FormatsTest, PollsAnswerInEveryFormAndRefusalsStayProblems) {
  put(*orders_, 1, 1);
  const auto cursor = cursor_of(get("/feeds/orders/changes").body);
  const auto quiet = get("/feeds/orders/changes?live=poll&wait=0&format=csv&after=" + cursor);
  EXPECT_NE(quiet.body.find("\r\nmark,"), std::string::npos) << quiet.body;
  const auto gone = get("/feeds/orders/changes?format=csv&after=" + std::string(32, '1') + ".1");
  EXPECT_EQ(gone.status, 410U);
  EXPECT_EQ(gone.field("Content-Type"), "application/problem+json");
}

TEST_F(FormatsTest, ThePageComesWithAPolicyAndAStrongTag) {
  for (const char* path : {"/", "/page.css", "/page.js"}) {
    const auto answer = get(path);
    ASSERT_EQ(answer.status, 200U) << path;
    EXPECT_NE(answer.field("Content-Security-Policy").find("default-src 'none'"), std::string::npos);
    EXPECT_EQ(get(path, "If-None-Match: " + answer.field("ETag") + "\r\n").status, 304U);
  }
  EXPECT_EQ(get("/?x=1").status, 400U);
}

}  // namespace
}  // namespace meshgate::serve::test
