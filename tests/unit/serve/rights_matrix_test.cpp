#include <algorithm>
#include <functional>
#include <map>
#include <regex>
#include <set>

#include "tests/unit/serve/rights_fixture.hpp"

namespace meshgate::serve::test {
namespace {

using net::test::RawAnswer;

const std::vector<Slice> kSlices{{"orders", ""}, {"sales", "north"}, {"sales", "south"}, {"audit", ""}};

/// Who may be in the directory, and what has become of them there.
enum class State : std::uint8_t { active, disabled, removed, moved };
struct Kind {
  std::string name;  ///< empty: has not signed in
  std::set<std::string> groups;
  std::set<std::string> moved_to;
  access::Role role = access::Role::none;
};
const std::vector<Kind> kKinds{
    {"", {}, {}},
    {"outsider", {}, {"sales-north"}},
    {"seller", {"sales-north"}, {"sales-south"}},
    {"auditor", {"auditors"}, {}},
    {"viewer", {}, {"auditors"}, access::Role::viewer},
    {"operator", {"sales-south"}, {}, access::Role::operator_},
    {"administrator", {}, {"sales-north", "sales-south"}, access::Role::administrator},
};

/// The rules in words: orders is public; sales has group:sales-{partition} and group:auditors; audit has group:auditors.
bool allowed(const std::set<std::string>& groups, const Slice& slice) {
  if (slice.feed == "orders" || groups.contains("auditors")) return true;
  return slice.feed == "sales" && groups.contains("sales-" + slice.partition);
}

/// Somebody in one state.
struct Person {
  std::string name;
  std::set<std::string> groups;
  access::Role role = access::Role::none;

  [[nodiscard]] bool may(const Slice& slice) const { return allowed(groups, slice); }
  [[nodiscard]] bool may_any(const std::string& feed) const {
    return std::any_of(kSlices.begin(), kSlices.end(), [&](const Slice& one) { return one.feed == feed && may(one); });
  }
  /// For what is not theirs and no secret; and for what is not to be known.
  [[nodiscard]] unsigned refused() const { return name.empty() ? 401 : 403; }
  [[nodiscard]] unsigned hidden() const { return name.empty() ? 401 : 404; }
};

Person person_of(const Kind& kind, State state) {
  switch (state) {
    case State::active: return {kind.name, kind.groups, kind.role};
    case State::moved: return {kind.name, kind.moved_to, kind.role};
    case State::disabled:
    case State::removed: break;
  }
  return {kind.name, {}, access::Role::none};
}

/// What came of a way to read, and what had to.
struct Way {
  std::string name;
  std::function<RawAnswer(const Person&, const Slice&)> read;
  std::function<unsigned(const Person&, const Slice&)> status;
  std::function<std::string(const Slice&)> mark;  ///< by which the slice is known in an answer that shows it; absent: by its secret
};

class RightsMatrixTest : public RightsFixture {
 protected:
  void become(const Kind& kind, State state) {
    const Person person = person_of(kind, state);
    for (const Slice& slice : kSlices) {
      access_->revoke(kind.name, slice.feed, slice.partition);
      if (slice.feed != "orders" && !kind.name.empty() && person.may(slice)) access_->grant(kind.name, slice.feed, slice.partition);
    }
    if (!kind.name.empty()) access_->set_role(kind.name, person.role);
  }

  [[nodiscard]] RawAnswer fetch(const Person& person, const std::string& target) const { return get(target, as(person.name)); }
  /// Up to the first mark that says caught up.
  [[nodiscard]] RawAnswer open(const Person& person, const std::string& target) const {
    auto peer = ask(person.name, target);
    auto out = peer.receive_head();
    if (out.status != 200) return fetch(person, target);
    for (auto line = peer.receive_line(); line; line = peer.receive_line()) {
      out.body += *line + "\n";
      if (line->find("\"caught_up\":true") != std::string::npos) break;
    }
    return out;
  }
  [[nodiscard]] RawAnswer sync(const Person& person, const std::string& entry) const {
    return ask_sync(person.name, R"({"protocol":1,"feeds":[)" + entry + "]}").receive();
  }
  /// The feed's path, with the partition as a parameter behind `what`.
  static std::string at(const Slice& slice, const std::string& what) {
    const std::string partition = slice.partition.empty() ? "" : (what.find('?') == std::string::npos ? "?" : "&") + ("partition=" + slice.partition);
    return "/feeds/" + slice.feed + what + partition;
  }

  std::vector<Way> ways();
  void add_whole(std::vector<Way>& out);
  void add_streams(std::vector<Way>& out);
  /// One cell: the right status, and nothing of what is not theirs.
  void check(const Way& way, const Person& person, const Slice& slice);

  std::string range_;  ///< of sales, north
};

unsigned by_partition(const Person& person, const Slice& slice) {
  if (!person.may_any(slice.feed)) return person.hidden();
  return person.may(slice) ? 200 : person.refused();
}
unsigned by_feed(const Person& person, const Slice& slice) { return person.may_any(slice.feed) ? 200 : person.hidden(); }
unsigned always(const Person&, const Slice&) { return 200; }
std::string id_of(const Slice& slice) { return slice.partition == "south" ? "201" : "1"; }

std::vector<Way> RightsMatrixTest::ways() {
  std::vector<Way> out;
  for (const char* what : {"/items", "/items?format=ndjson", "/items?format=csv", "/items?format=atom", "/items?format=rss", "/items?format=jsonfeed",
                           "/changes", "/changes?format=csv", "/changes?format=json", "/changes?live=poll"}) {
    out.push_back({what, [this, what](const Person& person, const Slice& slice) { return fetch(person, at(slice, what)); }, by_partition, {}});
  }
  const auto range = [this](const Person& person, const Slice& slice) {
    return fetch(person, slice.partition == "north" ? range_ : at(slice, "/ranges"));
  };
  // Its address shows that they once could read the feed.
  const auto range_status = [](const Person& person, const Slice& slice) {
    return slice.partition == "north" && !person.may(slice) ? person.refused() : by_partition(person, slice);
  };
  out.push_back({"a range", range, range_status, {}});
  const auto item = [this](const Person& person, const Slice& slice) { return fetch(person, "/feeds/" + slice.feed + "/items/" + id_of(slice)); };
  const auto item_status = [](const Person& person, const Slice& slice) {
    if (!person.may_any(slice.feed)) return person.hidden();
    return person.may(slice) ? 200U : 404U;
  };
  out.push_back({"an item", item, item_status, {}});
  add_whole(out);
  add_streams(out);
  return out;
}

void RightsMatrixTest::add_whole(std::vector<Way>& out) {
  const auto all_items = [this](const Person& person, const Slice& slice) { return fetch(person, "/feeds/" + slice.feed + "/items?limit=1000"); };
  out.push_back({"items of a feed", all_items, by_feed, {}});
  const auto listed = [](const Slice& slice) { return "\"feed\":\"" + slice.feed + "\""; };
  out.push_back({"/feeds", [this](const Person& person, const Slice&) { return fetch(person, "/feeds"); }, always, listed});
  const auto outlined = [](const Slice& slice) {
    return "/feeds/" + slice.feed + "/items?format=atom" + (slice.partition.empty() ? "" : "&amp;partition=" + slice.partition);
  };
  out.push_back({"opml", [this](const Person& person, const Slice&) { return fetch(person, "/feeds?format=opml"); }, always, outlined});
  const auto shown = [](const Slice& slice) { return "\"partition\":\"" + slice.partition + "\",\"cursor\":"; };
  out.push_back({"a feed", [this](const Person& person, const Slice& slice) { return fetch(person, "/feeds/" + slice.feed); }, by_feed, shown});
  const auto held = [this](const Person& person, const Slice& slice) {
    return fetch(person, at(slice, "/changes?uid=" + (*store_->feed(slice.feed))->state().uid.bits.hex()));
  };
  const auto held_status = [](const Person& person, const Slice& slice) { return person.may(slice) ? 200U : person.refused(); };
  out.push_back({"changes of what is held", held, held_status, {}});
}

void RightsMatrixTest::add_streams(std::vector<Way>& out) {
  for (const char* what : {"/changes?live=stream", "/changes?live=sse"}) {
    out.push_back({what, [this, what](const Person& person, const Slice& slice) { return open(person, at(slice, what)); }, by_partition, {}});
  }
  const auto one = [this](const Person& person, const Slice& slice) {
    return sync(person, "{\"feed\":\"" + slice.feed + "\",\"partition\":\"" + slice.partition + "\"}");
  };
  out.push_back({"sync of a partition", one, always, {}});
  const auto whole = [this](const Person& person, const Slice& slice) { return sync(person, "{\"feed\":\"" + slice.feed + "\"}"); };
  out.push_back({"sync of a feed", whole, always, {}});
}

void RightsMatrixTest::check(const Way& way, const Person& person, const Slice& slice) {
  SCOPED_TRACE(way.name + " by " + person.name + " of " + slice.feed + " [" + slice.partition + "]");
  const RawAnswer answer = way.read(person, slice);
  EXPECT_EQ(answer.status, way.status(person, slice)) << answer.body;
  const auto mark = [&](const Slice& one) { return way.mark ? way.mark(one) : one.secret(); };
  const bool has = answer.body.find(mark(slice)) != std::string::npos;
  // A list of ranges has no content.
  if (way.name != "a range" || slice.partition == "north") {
    const bool wanted = way.name == "/feeds" ? person.may_any(slice.feed) : person.may(slice);
    EXPECT_EQ(has, wanted) << answer.body.substr(0, 300);
  }
  for (const Slice& other : kSlices) {
    if (!person.may(other)) {
      EXPECT_EQ(answer.body.find(other.secret()), std::string::npos) << other.feed << " " << other.partition;
    }
    if (!person.may_any(other.feed) && answer.status == 200) {
      EXPECT_EQ(answer.body.find("\"feed\":\"" + other.feed + "\",\"uid\""), std::string::npos);
    }
  }
  if (answer.status == 401) {
    EXPECT_TRUE(answer.field("WWW-Authenticate").starts_with("Bearer"));
  }
  const std::string caching = answer.field("Cache-Control");
  const bool kept = caching.find("private") == std::string::npos && caching.find("no-store") == std::string::npos;
  if (kept) {
    EXPECT_EQ(slice.feed, "orders") << caching;
  }
}

/// Every kind of person, in every state, by every way, of every partition of every feed.
TEST_F(RightsMatrixTest, EveryCell) {
  const auto list = administrator().get("/feeds/sales/ranges?partition=north").body;
  const auto href = list.find("\"href\":\"");
  ASSERT_NE(href, std::string::npos) << list;
  range_ = list.substr(href + 8, list.find('"', href + 8) - href - 8);
  std::size_t cells = 0;
  for (const Kind& kind : kKinds) {
    for (const State state : {State::active, State::disabled, State::removed, State::moved}) {
      SCOPED_TRACE("state " + std::to_string(static_cast<int>(state)));
      become(kind, state);
      const Person person = person_of(kind, state);
      for (const Way& way : ways()) {
        for (const Slice& slice : kSlices) {
          check(way, person, slice);
          ++cells;
        }
      }
      const unsigned metrics = person.role >= access::Role::viewer ? 200 : person.refused();
      EXPECT_EQ(fetch(person, "/metrics").status, metrics) << person.name;
      const unsigned admin = person.role >= access::Role::viewer ? 200 : 404;
      for (const char* path : {"/admin/status", "/admin/quarantine"}) EXPECT_EQ(fetch(person, path).status, admin) << person.name;
      cells += 3;
    }
  }
  EXPECT_EQ(cells, kKinds.size() * 4 * (ways().size() * kSlices.size() + 3));
}

/// The administration socket sees everything, whatever the directory says.
TEST_F(RightsMatrixTest, TheAdministrationSocketSeesEverything) {
  access_->set_unsure(true);
  for (const Slice& slice : kSlices) {
    for (const char* what : {"/items", "/changes", "/items?format=atom"}) {
      const auto answer = administrator().get(at(slice, what));
      EXPECT_EQ(answer.status, 200U) << what;
      EXPECT_NE(answer.body.find(slice.secret()), std::string::npos) << what;
    }
  }
  EXPECT_EQ(administrator().get("/metrics").status, 200U);
}

/// A feed that is not theirs is answered exactly as one that is not there.
TEST_F(RightsMatrixTest, WhatIsHiddenLooksLikeWhatIsNotThere) {
  const auto anonymous = [](std::string text, const std::string& name) {
    text = std::regex_replace(text, std::regex("urn:meshgate:request:[^\"]*"), "");
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at)) text.replace(at, name.size(), "NAME");
    return text;
  };
  access_->grant("seller", "sales", "north");
  for (const std::string person : {"", "seller"}) {
    for (const char* what : {"", "/items", "/items/1", "/items?format=rss", "/changes", "/changes?live=sse", "/changes?partition=x", "/ranges", "/changes?uid=11",
                             "/items?partition=x"}) {
      SCOPED_TRACE(person + what);
      const auto hidden = get(std::string("/feeds/audit") + what, as(person) + "If-None-Match: *\r\n");
      const auto none = get(std::string("/feeds/nosuch") + what, as(person) + "If-None-Match: *\r\n");
      EXPECT_EQ(hidden.status, none.status);
      EXPECT_EQ(anonymous(hidden.body, "audit"), anonymous(none.body, "nosuch"));
      for (const char* field : {"Cache-Control", "Vary", "ETag", "WWW-Authenticate", "Content-Type"}) EXPECT_EQ(hidden.field(field), none.field(field)) << field;
    }
    const auto lines = [&](const std::string& feed) {
      return anonymous(ask_sync(person, R"({"protocol":1,"feeds":[{"feed":")" + feed + R"("},{"feed":")" + feed + R"(2","partition":"p"}]})").receive().body, feed);
    };
    EXPECT_EQ(lines("audit"), lines("nosuch"));
  }
  // A partition that is not theirs, likewise.
  const auto hidden = get("/feeds/sales/changes?partition=south", as("seller"));
  const auto none = get("/feeds/sales/changes?partition=nowhere", as("seller"));
  EXPECT_EQ(hidden.status, 403U);
  EXPECT_EQ(anonymous(hidden.body, "south"), anonymous(none.body, "nowhere"));
}

/// While the directory is not caught up, nothing is shown and nothing taken away; what is public stays so.
TEST_F(RightsMatrixTest, WhoIsNotSureSaysSo) {
  access_->grant("auditor", "sales", "north");
  access_->grant("auditor", "audit");
  access_->set_unsure(true);
  for (const char* path : {"/feeds", "/feeds?format=opml", "/feeds/audit", "/feeds/audit/items", "/feeds/audit/items/1", "/feeds/sales/changes?partition=north",
                           "/feeds/sales/changes?partition=north&live=sse", "/feeds/sales/changes", "/feeds/audit/ranges", "/feeds/audit/items?format=atom", "/feeds/nosuch", "/metrics"}) {
    const auto answer = get(path, as("auditor"));
    EXPECT_EQ(answer.status, 503U) << path;
    EXPECT_EQ(answer.field("Retry-After"), "1") << path;
    EXPECT_EQ(answer.field("Cache-Control"), "no-store") << path;
  }
  const auto lines = ask_sync("auditor", R"({"protocol":1,"feeds":[{"feed":"audit","after":"0"},{"feed":"orders"}]})").receive().body;
  EXPECT_NE(lines.find(R"({"refused":{"feed":"audit","partition":"","status":503)"), std::string::npos) << lines;
  EXPECT_EQ(lines.find("denied"), std::string::npos);
  EXPECT_NE(lines.find(Slice{"orders", ""}.secret()), std::string::npos);
  EXPECT_EQ(get("/feeds/orders/items", as("auditor")).status, 200U);
  EXPECT_EQ(get("/feeds").status, 200U);
}

TEST_F(RightsMatrixTest, WhatProvesNobodyIsRefusedAndNotTakenForAStranger) {
  for (const char* path : {"/feeds", "/feeds/orders/items", "/feeds/orders/changes?live=stream", "/health/ready", "/metrics"}) {
    const auto answer = get(path, as("forged") + "Authorization: Bearer x\r\n");
    EXPECT_EQ(answer.status, 401U) << path;
    EXPECT_EQ(answer.field("WWW-Authenticate"), "Bearer realm=\"meshgate\", error=\"invalid_token\"");
    EXPECT_NE(answer.body.find("the token is not one of this node's"), std::string::npos);
  }
}

/// Of a feed that is theirs in part, nothing is told that counts the rest.
TEST_F(RightsMatrixTest, CountsAndDigestsAreOfWhatTheyMaySee) {
  store::Batch batch("table");
  batch.quarantine("odd", "it will not fit", "raw");
  ASSERT_TRUE(sales_->commit(batch, nullptr));
  access_->grant("seller", "sales", "south");
  const auto answer = get("/feeds/sales", as("seller")).body;
  EXPECT_NE(answer.find("\"count\":3,\"divided\":true"), std::string::npos) << answer;
  EXPECT_NE(answer.find("\"quarantined\":0"), std::string::npos) << answer;
  EXPECT_EQ(answer.find("\"count\":15"), std::string::npos) << answer;
  access_->grant("seller", "sales", "north");
  EXPECT_NE(get("/feeds/sales", as("seller")).body.find("\"quarantined\":1"), std::string::npos);
  const auto choice = get("/feeds/sales/changes", as("seller")).body;
  EXPECT_NE(choice.find(R"("partitions":["north","south"])"), std::string::npos) << choice;
  access_->revoke("seller", "sales", "north");
  EXPECT_NE(get("/feeds/sales/changes", as("seller")).body.find(R"("partitions":["south"])"), std::string::npos);
}

TEST_F(RightsMatrixTest, AnItemTellsOnlyOfPartitionsThatAreTheirs) {
  store::Batch batch("table");
  batch.put("900", "900", R"({"id":900})", std::vector<std::string>{"north", "south"});
  ASSERT_TRUE(sales_->commit(batch, nullptr));
  access_->grant("seller", "sales", "south");
  EXPECT_NE(get("/feeds/sales/items/900", as("seller")).body.find(R"("partitions":["south"])"), std::string::npos);
  const auto page = get("/feeds/sales/items", as("seller")).body;
  EXPECT_EQ(page.find("north"), std::string::npos) << page;
  EXPECT_NE(page.find("\"id\":\"900\""), std::string::npos) << page;
}

/// A page token is made of what they have seen, and leads to what they may see.
TEST_F(RightsMatrixTest, PagesPassOverWhatIsNotTheirs) {
  access_->grant("seller", "sales", "south");
  std::string page;
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    const auto body = get("/feeds/sales/items?limit=2" + page, as("seller")).body;
    for (auto at = body.find("{\"id\":\""); at != std::string::npos; at = body.find("{\"id\":\"", at + 1)) ids.push_back(body.substr(at + 7, 3));
    const auto next = body.find("\"next\":\"");
    if (next == std::string::npos) break;
    page = "&page=" + body.substr(next + 8, body.find('"', next + 8) - next - 8);
  }
  EXPECT_EQ(ids, (std::vector<std::string>{"201", "202", "203"}));
}

TEST_F(RightsMatrixTest, HealthTellsNamesToViewersOnly) {
  sources_.state = SourceState{"erp", "failing", Micros{1}, "no route to host", 9.0, true};
  const auto stranger = get("/health/ready");
  EXPECT_EQ(stranger.status, 503U);
  EXPECT_EQ(stranger.body.find("erp"), std::string::npos) << stranger.body;
  EXPECT_EQ(stranger.body.find("no route"), std::string::npos) << stranger.body;
  EXPECT_NE(stranger.body.find("a source cannot be read"), std::string::npos) << stranger.body;
  access_->set_role("viewer", access::Role::viewer);
  EXPECT_NE(get("/health/ready", as("viewer")).body.find("no route to host"), std::string::npos);
}

TEST_F(RightsMatrixTest, ARangeOfAClosedFeedIsAskedForEachTime) {
  access_->grant("seller", "sales", "north");
  const auto list = get("/feeds/sales/ranges?partition=north", as("seller"));
  EXPECT_EQ(list.field("Cache-Control"), "private, no-cache");
  const auto from = list.body.find("\"href\":\"") + 8;
  const std::string href = list.body.substr(from, list.body.find('"', from) - from);
  const auto range = get(href, as("seller"));
  ASSERT_EQ(range.status, 200U) << range.body;
  EXPECT_EQ(range.field("Cache-Control"), "private, no-cache");
  EXPECT_EQ(range.field("Vary"), "Accept-Encoding, Authorization, Cookie");
  const std::string held = "If-None-Match: " + range.field("ETag") + "\r\n";
  EXPECT_EQ(get(href, as("seller") + held).status, 304U);
  access_->revoke("seller", "sales", "north");
  EXPECT_EQ(get(href, as("seller") + held).status, 403U) << "the epoch in it shows that they once could";
  EXPECT_EQ(get(href, held).status, 401U);
}

}  // namespace
}  // namespace meshgate::serve::test
