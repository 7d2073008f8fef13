#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "mesh/lines.hpp"
#include "tests/unit/serve/node_fixture.hpp"

namespace meshgate::serve::test {
namespace {

namespace fs = std::filesystem;

/// What follows `"name":` up to the next of `ends`, wherever it stands.
std::vector<std::string> members(const std::string& json, const std::string& name) {
  std::vector<std::string> out;
  const std::string opening = "\"" + name + "\":";
  for (auto at = json.find(opening); at != std::string::npos; at = json.find(opening, at + 1)) {
    auto from = at + opening.size();
    const bool text = json[from] == '"';
    if (text) ++from;
    out.push_back(json.substr(from, json.find_first_of(text ? "\"" : ",}", from) - from));
  }
  return out;
}

/// Lines applied as a reader does.
struct Copy {
  void apply(const std::string& body) {
    LineParser parser;
    for (const std::string& text : lines_of(body)) {
      const auto line = parser.parse(text);
      ASSERT_TRUE(line) << line.error().message;
      if (const auto* put = std::get_if<PutLine>(&*line)) items[std::string(put->id)] = put->rev.hash;
      if (const auto* gone = std::get_if<GoneLine>(&*line)) items.erase(std::string(gone->id));
      if (const auto* mark = std::get_if<Mark>(&*line)) last = *mark;
      if (const auto* range = std::get_if<RangeLine>(&*line)) ended = *range;
    }
  }
  [[nodiscard]] bool equal() const {
    Digest mine;
    for (const auto& [id, hash] : items) mine.add(hash);
    return last.caught_up && last.count == items.size() && last.digest == mine;
  }
  std::map<std::string, ContentHash> items;
  Mark last;
  RangeLine ended;
};

class RangeTest : public NodeFixture {
 protected:
  [[nodiscard]] std::string list(const std::string& feed = "orders", const std::string& query = "") const {
    const auto answer = get("/feeds/" + feed + "/ranges" + query);
    EXPECT_EQ(answer.status, 200U) << answer.body;
    return answer.body;
  }
  /// Everything by the list, then what is left.
  void download(const std::string& listed, const std::string& feed = "orders", const std::string& query = "") {
    Copy copy;
    for (const std::string& href : members(listed, "href")) {
      const auto answer = get(href);
      ASSERT_EQ(answer.status, 200U) << href << " " << answer.body;
      copy.apply(answer.body);
    }
    copy.apply(get("/feeds/" + feed + "/changes?" + query + "after=" + members(listed, "rest").at(0)).body);
    EXPECT_TRUE(copy.equal()) << copy.items.size() << " of " << copy.last.count;
  }
  [[nodiscard]] std::string metric(const std::string& name) const {
    const auto text = get("/metrics").body;
    const auto at = text.find("\n" + name + " ") + name.size() + 2;
    return text.substr(at, text.find('\n', at) - at);
  }
};

TEST_F(RangeTest, ASmallFeedHasNone) {
  put(*orders_, 1, 10);
  EXPECT_NE(list().find("\"ranges\":[],\"rest\":\"0\""), std::string::npos) << list();
  download(list());
}

TEST_F(RangeTest, PartsFollowEachOtherAndMakeTheWhole) {
  put(*orders_, 1, 1000);
  for (int i = 1; i < 1000; i += 3) remove(*orders_, i);
  const std::string listed = list();
  const auto after = members(listed, "after");
  const auto to = members(listed, "to");
  ASSERT_GT(to.size(), 3U) << listed;
  EXPECT_EQ(after[0], "0");
  for (std::size_t i = 1; i < to.size(); ++i) EXPECT_EQ(after[i], to[i - 1]);
  download(listed);
  EXPECT_EQ(metric("meshgate_range_renderings_total"), std::to_string(to.size()));
  download(list());
  EXPECT_EQ(metric("meshgate_range_renderings_total"), std::to_string(to.size())) << "rendered once";
  EXPECT_NE(list().find("\"entries\":"), std::string::npos);
}

TEST_F(RangeTest, APartIsTheSameForEverUnderItsName) {
  put(*orders_, 1, 300);
  const std::string listed = list();
  const std::string first = members(listed, "href").at(0);
  const std::string second = members(listed, "href").at(1);
  const auto before = get(first);
  put(*orders_, 1, 300, "changed");
  EXPECT_EQ(get(first).body, before.body);
  // Not yet rendered when it was listed: it still is as the feed was then.
  const auto unasked = get(second);
  ASSERT_EQ(unasked.status, 200U);
  EXPECT_EQ(unasked.body.find("changed"), std::string::npos);
  download(listed);
}

TEST_F(RangeTest, EndsWithTheHeadAndFloorItWasMadeAt) {
  put(*orders_, 1, 300);
  for (int i = 1; i < 20; ++i) remove(*orders_, i);
  const auto head = orders_->standing("")->head;
  ASSERT_TRUE(orders_->purge("", Seq{310}));
  const std::string listed = list();
  Copy copy;
  copy.apply(get(members(listed, "href").at(1)).body);
  EXPECT_EQ(std::to_string(number(copy.ended.after)), members(listed, "after").at(1));
  EXPECT_EQ(std::to_string(number(copy.ended.to)), members(listed, "to").at(1));
  EXPECT_EQ(copy.ended.head, head);
  EXPECT_EQ(std::to_string(number(head)), members(listed, "at").at(1));
  EXPECT_EQ(copy.ended.floor, orders_->standing("")->floor);
}

TEST_F(RangeTest, MayBeKeptByCachesForEver) {
  put(*orders_, 1, 300);
  const std::string href = members(list(), "href").at(0);
  const auto plain = get(href);
  EXPECT_EQ(plain.field("Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(plain.field("Vary"), "Accept-Encoding");
  EXPECT_EQ(plain.field("Content-Length"), std::to_string(plain.body.size()));
  const auto zstd = get(href, "Accept-Encoding: zstd\r\n");
  const auto gzip = get(href, "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(zstd.field("Content-Encoding"), "zstd");
  EXPECT_EQ(gzip.field("Content-Encoding"), "gzip");
  EXPECT_EQ((std::set{plain.field("ETag"), zstd.field("ETag"), gzip.field("ETag")}.size()), 3U);
  EXPECT_EQ(plain.field("ETag").front(), '"');
  const auto same = get(href, "Accept-Encoding: zstd\r\nIf-None-Match: " + zstd.field("ETag") + "\r\n");
  EXPECT_EQ(same.status, 304U);
  EXPECT_EQ(same.field("ETag"), zstd.field("ETag"));
  EXPECT_EQ(get(href, "If-None-Match: " + zstd.field("ETag") + "\r\n").status, 200U);
  auto asking = client();
  ASSERT_TRUE(asking.send("HEAD " + href + " HTTP/1.1\r\nHost: x\r\n\r\n"));
  const auto head = asking.receive(true);
  EXPECT_EQ(head.status, 200U);
  EXPECT_EQ(head.field("ETag"), plain.field("ETag"));
  EXPECT_EQ(head.field("Content-Length"), std::to_string(plain.body.size()));
}

TEST_F(RangeTest, ADividedFeedIsListedByPartition) {
  put(*sales_, 1, 300, "", "north");
  put(*sales_, 1001, 1300, "", "so/uth & more");
  EXPECT_EQ(get("/feeds/sales/ranges").status, 400U);
  download(list("sales", "?partition=north"), "sales", "partition=north&");
  download(list("sales", "?partition=so%2Futh%20%26%20more"), "sales", "partition=so%2Futh%20%26%20more&");
  EXPECT_EQ(get("/feeds/sales/ranges?partition=none").status, 404U);
  EXPECT_EQ(get("/feeds/none/ranges").status, 404U);
}

TEST_F(RangeTest, SaysWhatIsWrongWithAName) {
  put(*orders_, 1, 300);
  const std::string href = members(list(), "href").at(0);
  const auto unknown = get(href.substr(0, href.rfind('=') + 1) + "290");
  EXPECT_EQ(unknown.status, 404U);
  EXPECT_NE(unknown.body.find("range-gone"), std::string::npos) << unknown.body;
  EXPECT_EQ(unknown.field("Cache-Control"), "no-store");
  for (const char* bad : {"after=0&to=64&at=64", "to=64&at=64", "after=x&to=64&at=64", "after=00000000000000000000000000000001.0&to=64",
                          "after=00000000000000000000000000000001.64&to=64&at=64", "after=00000000000000000000000000000001.0&to=64&at=64&live=sse"}) {
    EXPECT_EQ(get(std::string("/feeds/orders/changes?") + bad).status, 400U) << bad;
  }
}

TEST_F(RangeTest, ManyWhoAskAtOnceCauseOneRendering) {
  put(*orders_, 1, 300);
  const auto hrefs = members(list(), "href");
  std::vector<std::thread> readers;
  std::atomic<int> good{0};
  for (int i = 0; i < 24; ++i) {
    readers.emplace_back([&, i] {
      for (std::size_t k = 0; k < hrefs.size(); ++k) {
        if (get(hrefs[(k + static_cast<std::size_t>(i) / 8) % hrefs.size()]).status == 200) ++good;
      }
    });
  }
  for (auto& one : readers) one.join();
  EXPECT_EQ(good, 24 * static_cast<int>(hrefs.size()));
  EXPECT_EQ(metric("meshgate_range_renderings_total"), std::to_string(hrefs.size()));
}

TEST_F(RangeTest, NothingBelowTheFloorIsListed) {
  put(*orders_, 1, 300);
  download(list());
  const std::string before = members(list(), "at").at(0);
  for (int i = 1; i < 10; ++i) remove(*orders_, i);
  EXPECT_EQ(members(list(), "at").at(0), before) << "an old rendering is still right";
  ASSERT_TRUE(orders_->purge("", orders_->standing("")->head));
  for (const std::string& at : members(list(), "at")) EXPECT_EQ(at, std::to_string(number(orders_->standing("")->head)));
  download(list());
}

TEST_F(RangeTest, APartOfWhichMuchHasMovedIsMadeAnew) {
  put(*orders_, 1, 1000);
  download(list());
  const auto before = members(list(), "at");
  put(*orders_, 1, 700, "changed");
  const auto now = members(list(), "at");
  EXPECT_NE(now.at(0), before.at(0));
  download(list());
}

TEST_F(RangeTest, RenderingsOutliveARestartUnlessDamaged) {
  put(*orders_, 1, 1000);
  const std::string listed = list();
  download(listed);
  stop_serving();
  serve();
  EXPECT_EQ(members(list(), "href"), members(listed, "href"));
  download(listed);
  EXPECT_EQ(metric("meshgate_range_renderings_total"), std::to_string(members(listed, "href").size())) << "of before, from the same metrics";
  stop_serving();
  for (const auto& one : fs::recursive_directory_iterator(folder_ + "/ranges")) {
    if (one.is_regular_file()) std::ofstream(one.path(), std::ios::in | std::ios::binary).put('X');
  }
  serve();
  EXPECT_EQ(get(members(listed, "href").at(0)).status, 404U);
  download(list());
}

TEST_F(RangeTest, WhatCannotBeKeptIsServedAllTheSame) {
  put(*orders_, 1, 300);
  fs::remove_all(folder_ + "/ranges/drafts");
  std::ofstream(folder_ + "/ranges/drafts") << "in the way";
  const std::string listed = list();
  const auto answer = get(members(listed, "href").at(0));
  EXPECT_EQ(answer.field("Cache-Control"), "no-store");
  download(listed);
}

TEST_F(RangeTest, FilesOfFeedsThatAreNoMoreGo) {
  put(*orders_, 1, 300);
  put(*sales_, 1, 300, "", "north");
  download(list());
  download(list("sales", "?partition=north"), "sales", "partition=north&");
  const std::string listed = list("sales", "?partition=north");
  const auto kept = [&] {
    std::size_t out = 0;
    for (const auto& one : fs::recursive_directory_iterator(folder_ + "/ranges")) out += one.is_regular_file() ? 1U : 0U;
    return out;
  };
  const auto before = kept();
  ASSERT_TRUE(store_->drop("orders"));
  serve_->tidy();
  EXPECT_LT(kept(), before);
  EXPECT_GT(kept(), 0U);
  download(listed, "sales", "partition=north&");
}

TEST_F(RangeTest, LargeFilesComeWhole) {
  stop_serving();
  ranges_.part_bytes = 16U << 20U;
  serve();
  put(*orders_, 1, 4096, std::string(2000, 'x'));
  const std::string listed = list();
  ASSERT_FALSE(members(listed, "href").empty()) << listed;
  const auto answer = get(members(listed, "href").at(0));
  EXPECT_GT(answer.body.size(), 4U << 20U);
  download(listed);
}

}  // namespace
}  // namespace meshgate::serve::test
