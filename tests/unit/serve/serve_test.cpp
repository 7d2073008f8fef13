#include <filesystem>

#include "tests/unit/serve/node_fixture.hpp"

namespace meshgate::serve::test {
namespace {

class ServeTest : public NodeFixture {};

TEST_F(ServeTest, DescribesFeedsWithATag) {
  put(*orders_, 1, 3);
  sources_.state = SourceState{"erp", "running", Micros{1}, "", 0.25, false};
  const auto all = get("/feeds");
  ASSERT_EQ(all.status, 200U);
  EXPECT_NE(all.body.find("\"feed\":\"orders\""), std::string::npos);
  EXPECT_NE(all.body.find("\"feed\":\"sales\""), std::string::npos);
  const auto one = get("/feeds/orders");
  EXPECT_NE(one.body.find("\"count\":3"), std::string::npos) << one.body;
  EXPECT_NE(one.body.find("\"state\":\"running\""), std::string::npos);
  EXPECT_NE(one.body.find("\"lag_seconds\":0.250"), std::string::npos) << one.body;
  sources_.state->lag_seconds = 7;
  EXPECT_EQ(get("/feeds/orders", "If-None-Match: " + one.field("ETag") + "\r\n").status, 304U);
  put(*orders_, 4, 4);
  EXPECT_EQ(get("/feeds/orders", "If-None-Match: " + one.field("ETag") + "\r\n").status, 200U);
  EXPECT_EQ(get("/feeds/none").status, 404U);
  EXPECT_EQ(store_->names().size(), 2U);  // asking does not make one
}

TEST_F(ServeTest, PagesItemsInOrder) {
  put(*orders_, 1, 25);
  std::string page;
  std::size_t items = 0;
  for (int i = 0; i < 4; ++i) {
    const auto answer = get("/feeds/orders/items?limit=10" + page);
    ASSERT_EQ(answer.status, 200U) << answer.body;
    for (auto at = answer.body.find("{\"id\":\""); at != std::string::npos; at = answer.body.find("{\"id\":\"", at + 1)) ++items;
    const auto next = answer.body.find("\"next\":\"");
    if (next == std::string::npos) break;
    page = "&page=" + answer.body.substr(next + 8, answer.body.find('"', next + 8) - next - 8);
  }
  EXPECT_EQ(items, 25U);
  EXPECT_EQ(get("/feeds/orders/items?limit=0").status, 400U);
  EXPECT_EQ(get("/feeds/orders/items?page=xyz").status, 400U);
  EXPECT_EQ(get("/feeds/sales/items?partition=none").status, 404U);
}

TEST_F(ServeTest, TagsAnItemWithItsRevision) {
  put(*orders_, 7, 7);
  const auto answer = get("/feeds/orders/items/7");
  ASSERT_EQ(answer.status, 200U);
  const auto tag = answer.field("ETag");
  EXPECT_NE(answer.body.find("\"rev\":" + tag), std::string::npos) << answer.body;
  EXPECT_EQ(get("/feeds/orders/items/7", "If-None-Match: \"x\", W/" + tag + "\r\n").status, 304U);
  put(*orders_, 7, 7, "changed");
  EXPECT_EQ(get("/feeds/orders/items/7", "If-None-Match: " + tag + "\r\n").status, 200U);
  EXPECT_EQ(get("/feeds/orders/items/8").status, 404U);
}

TEST_F(ServeTest, SaysWhatIsWrongWithAParameter) {
  const std::string changes = "/feeds/orders/changes?";
  for (const char* bad : {"after=x", "limit=0", "limit=100001", "limit=1&limit=2", "schema=-1", "live=maybe", "live=poll&wait=61", "wait=1",
                          "live=sse&limit=1", "partitio=x"}) {
    const auto answer = get(changes + bad);
    EXPECT_EQ(answer.status, 400U) << bad;
    const std::string name = std::string(bad).substr(0, std::string(bad).find('='));
    EXPECT_NE(answer.body.find("'"), std::string::npos) << answer.body;
  }
  EXPECT_EQ(get("/feeds/orders/changes?partition=none").status, 404U);
  EXPECT_EQ(get("/feeds/none/changes").status, 404U);
}

TEST_F(ServeTest, ADividedFeedNeedsAPartition) {
  put(*sales_, 1, 2, "", "north");
  put(*sales_, 3, 3, "", "south");
  const auto answer = get("/feeds/sales/changes");
  EXPECT_EQ(answer.status, 400U);
  EXPECT_NE(answer.body.find("\"partitions\":[\"north\",\"south\"]"), std::string::npos) << answer.body;
  EXPECT_EQ(get("/feeds/sales/changes?partition=south").status, 200U);
}

TEST_F(ServeTest, ReadsChangesWithSchemaEntriesAndMark) {
  put(*orders_, 1, 3);
  const auto answer = get("/feeds/orders/changes");
  ASSERT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.field("Content-Type"), "application/x-ndjson");
  const auto lines = lines_of(answer.body);
  ASSERT_EQ(lines.size(), 5U) << answer.body;
  EXPECT_TRUE(lines[0].starts_with("{\"schema\":{\"version\":1"));
  EXPECT_TRUE(lines[4].find("\"caught_up\":true") != std::string::npos);
  const auto again = get("/feeds/orders/changes?schema=1&after=" + cursor_of(answer.body));
  EXPECT_EQ(lines_of(again.body).size(), 1U) << again.body;
}

TEST_F(ServeTest, MarksStandAtMostAThousandLinesApart) {
  put(*orders_, 1, 5500);
  const auto answer = get("/feeds/orders/changes");
  ASSERT_TRUE(answer.whole);
  int since = 0;
  int entries = 0;
  for (const auto& line : lines_of(answer.body)) {
    since = line.starts_with("{\"mark\"") ? 0 : since + 1;
    entries += line.starts_with("{\"put\"") ? 1 : 0;
    EXPECT_LE(since, 1001);
  }
  EXPECT_EQ(entries, 5500);
  EXPECT_EQ(since, 0);
}

TEST_F(ServeTest, PagingByLimitMeetsEverythingOnce) {
  put(*orders_, 1, 2500);
  std::string after = "0";
  int entries = 0;
  for (int i = 0; i < 10; ++i) {
    const auto answer = get("/feeds/orders/changes?schema=1&limit=700&after=" + after);
    ASSERT_EQ(answer.status, 200U) << answer.body;
    for (const auto& line : lines_of(answer.body)) entries += line.starts_with("{\"put\"") ? 1 : 0;
    after = cursor_of(answer.body);
    if (answer.body.find("\"caught_up\":true") != std::string::npos) break;
  }
  EXPECT_EQ(entries, 2500);
}

TEST_F(ServeTest, GoneCursorsSayWhy) {
  put(*orders_, 1, 3);
  const auto cursor = cursor_of(get("/feeds/orders/changes").body);
  const auto epoch = cursor.substr(0, cursor.find('.'));
  const auto reason = [&](const std::string& after) {
    const auto answer = get("/feeds/orders/changes?after=" + after);
    EXPECT_EQ(answer.status, 410U) << answer.body;
    return answer.body;
  };
  EXPECT_NE(reason(std::string(32, '1') + ".1").find("\"reason\":\"other-epoch\""), std::string::npos);
  EXPECT_NE(reason(epoch + ".99").find("\"reason\":\"beyond-head\""), std::string::npos);
  remove(*orders_, 2);
  ASSERT_TRUE(orders_->purge("", orders_->standing("")->head));
  EXPECT_NE(reason(epoch + ".1").find("\"reason\":\"below-floor\""), std::string::npos);
}

TEST_F(ServeTest, CompressesOnRequest) {
  put(*orders_, 1, 20000, std::string(50, 'x'));
  const auto plain = get("/feeds/orders/changes");
  for (const char* coding : {"zstd", "gzip"}) {
    const auto packed = get("/feeds/orders/changes", std::string("Accept-Encoding: ") + coding + "\r\n");
    EXPECT_EQ(packed.field("Content-Encoding"), coding);
    EXPECT_TRUE(packed.whole);
    EXPECT_LT(packed.body.size() * 4, plain.body.size());
  }
}

TEST_F(ServeTest, ReadyTellsTheReasons) {
  EXPECT_EQ(get("/health/live").status, 200U);
  EXPECT_EQ(get("/health/ready").status, 200U);
  sources_.state = SourceState{"erp", "failing", Micros{1}, "no route to host", 9.0, true};
  const auto failing = get("/health/ready");
  EXPECT_EQ(failing.status, 503U);
  EXPECT_NE(failing.body.find("no route to host"), std::string::npos);
  EXPECT_EQ(get("/health/ready?for=readers").status, 200U);
  sources_.state.reset();
  ASSERT_TRUE(store_->feed("fresh"));
  EXPECT_EQ(get("/health/ready").status, 200U) << "nothing fills it, so it will never be loaded";
  sources_.state = SourceState{"erp", "scanning", Micros{1}, "", 9.0, false};
  store::Batch again("table");
  again.set_loading(true);
  ASSERT_TRUE(orders_->commit(again, nullptr));
  EXPECT_NE(get("/health/ready").body.find("loading"), std::string::npos);
}

TEST_F(ServeTest, IsNotReadyBeforeItKnowsWhichFeedsThereAre) {
  sources_.unknown = {{"erp", "the host is not known"}};
  const auto answer = get("/health/ready");
  EXPECT_EQ(answer.status, 503U);
  EXPECT_NE(answer.body.find("it is not known which feeds source 'erp' has: the host is not known"), std::string::npos) << answer.body;
  EXPECT_EQ(get("/health/ready?for=readers").status, 200U);
  sources_.unknown.clear();
  EXPECT_EQ(get("/health/ready").status, 200U);
}

TEST_F(ServeTest, ShowsMetrics) {
  auto peer = client();
  ASSERT_EQ(peer.get("/feeds").status, 200U);
  const auto answer = peer.get("/metrics");
  EXPECT_EQ(answer.field("Content-Type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_NE(answer.body.find("meshgate_http_requests_total{route=\"/feeds\",status=\"2xx\"} 1"), std::string::npos) << answer.body;
  EXPECT_TRUE(answer.body.ends_with("# EOF\n"));
}

TEST_F(ServeTest, AdministersOverTheUnixSocket) {
  store::Batch batch("table");
  batch.quarantine("a/b", "it will not fit", "{raw \xe9}");
  ASSERT_TRUE(orders_->commit(batch, nullptr));
  access_->set_role_of_all(access::Role::none);
  EXPECT_EQ(get("/admin/quarantine").status, 404U);
  const auto listed = administrator().get("/admin/quarantine?feed=orders");
  EXPECT_EQ(listed.status, 200U);
  EXPECT_NE(listed.body.find("it will not fit"), std::string::npos) << listed.body;
  EXPECT_NE(listed.body.find("{raw \xEF\xBF\xBD}"), std::string::npos) << "JSON is UTF-8 whatever the raw form is";
  const auto act = [&](const std::string& line) {
    auto peer = administrator();
    peer.send(line + " HTTP/1.1\r\nHost: a\r\n\r\n");
    return peer.receive();
  };
  EXPECT_EQ(act("DELETE /admin/quarantine/orders/table/a%2Fb").status, 200U);
  EXPECT_EQ(administrator().get("/admin/quarantine").body, "{\"quarantined\":[]}\n");
  EXPECT_EQ(act("POST /admin/quarantine/orders/replay").body, "{\"replayed\":[{\"key\":\"all\",\"became\":\"item\"}]}\n");
  EXPECT_EQ(act("POST /admin/quarantine/sales/replay").status, 503U);
  EXPECT_EQ(act("POST /admin/quarantine/none/replay").status, 404U);
  const auto named = [&](const std::string& body) {
    auto peer = administrator();
    peer.send("POST /admin/quarantine/orders/replay HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return peer.receive();
  };
  EXPECT_EQ(named(R"({"keys":["4\"2"]})").body, "{\"replayed\":[{\"key\":\"4\\\"2\",\"became\":\"bad\",\"reason\":\"still odd\"}]}\n");
  for (const char* wrong : {"{}", "{\"keys\":[]}", "{\"keys\":[1]}", "42", "{\"keys\":"}) EXPECT_EQ(named(wrong).status, 400U) << wrong;
  EXPECT_EQ(act("POST /admin/release/orders").status, 200U);
  EXPECT_EQ(released_, std::vector<std::string>{"orders"});
  EXPECT_EQ(act("POST /admin/release/none").status, 404U);
  EXPECT_EQ(act("POST /admin/backup?into=here").status, 400U);
  EXPECT_EQ(act("POST /admin/backup?into=" + folder_ + "/copy").status, 200U);
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/copy"));
  EXPECT_NE(administrator().get("/admin/status").body.find("\"writing\":\"fine\""), std::string::npos);
}

}  // namespace
}  // namespace meshgate::serve::test
