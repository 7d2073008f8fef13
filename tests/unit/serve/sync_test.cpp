#include <map>
#include <random>
#include <set>
#include <thread>

#include "gateway/serve/sync_question.hpp"
#include "gateway/serve/turns.hpp"
#include "mesh/lines.hpp"
#include "tests/unit/serve/node_fixture.hpp"

namespace meshgate::serve::test {
namespace {

using net::test::RawClient;

/// What a reader of /sync holds of one partition.
struct Held {
  std::map<std::string, Revision> items;
  std::string cursor = "0";
  bool again = false;               ///< it reads from 0 after a 410
  std::set<std::string> met;        ///< while it does
  bool caught_up = false;
  std::vector<std::string> since;   ///< lines behind the last mark: kept with the next one, or not at all
};

/// A reader that does what HTTP.md says, and checks each caught-up mark.
class Device {
 public:
  using Name = std::pair<std::string, std::string>;

  void take(const std::string& line) {
    const auto text = [&](std::string_view name) {
      const auto at = line.find("\"" + std::string(name) + "\":\"");
      if (at == std::string::npos) return std::string();
      const auto from = at + name.size() + 4;
      return line.substr(from, line.find('"', from) - from);
    };
    const Name name{text("feed"), text("partition")};
    if (line.starts_with("{\"of\"")) {
      of_ = name;
    } else if (line.starts_with("{\"visible\"")) {
      visible.push_back(name);
    } else if (line.starts_with("{\"denied\"")) {
      denied.push_back(name);
      held.erase(name);
    } else if (line.starts_with("{\"refused\"")) {
      refused.push_back(line);
      if (line.find("\"status\":410") == std::string::npos) return;
      Held& one = held[name];
      one.cursor = "0";
      one.again = true;
      one.met.clear();
      one.since.clear();
    } else if (!line.empty()) {
      Held& one = held[of_];
      one.since.push_back(line);
      if (!line.starts_with("{\"mark\"")) return;
      for (const auto& each : std::exchange(one.since, {})) apply(one, each);
    }
  }
  /// The connection broke.
  void cut() {
    for (auto& [name, one] : held) one.since.clear();
  }

  /// The body that asks for all partitions of feed "sales" and for "orders".
  [[nodiscard]] std::string question(bool live) const {
    std::string cursors;
    for (const auto& [name, one] : held) {
      if (name.first != "sales" || one.cursor == "0") continue;
      cursors.append(cursors.empty() ? "" : ",").append("\"" + name.second + "\":\"" + one.cursor + "\"");
    }
    const auto orders = held.find({"orders", ""});
    return std::string("{\"protocol\":1,\"live\":") + (live ? "true" : "false") + ",\"feeds\":[{\"feed\":\"sales\",\"cursors\":{" + cursors + "}},{\"feed\":\"orders\",\"after\":\"" +
           (orders == held.end() ? "0" : orders->second.cursor) + "\"}]}";
  }

  std::map<Name, Held> held;
  std::vector<Name> visible;
  std::vector<Name> denied;
  std::vector<std::string> refused;

 private:
  void apply(Held& one, const std::string& line) {
    const auto parsed = parser_.parse(line);
    ASSERT_TRUE(parsed) << line;
    if (const auto* put = std::get_if<PutLine>(&*parsed)) {
      one.items[std::string(put->id)] = put->rev;
      one.met.insert(std::string(put->id));
    } else if (const auto* gone = std::get_if<GoneLine>(&*parsed)) {
      one.items.erase(std::string(gone->id));
    } else if (const auto* mark = std::get_if<Mark>(&*parsed)) {
      one.cursor = mark->cursor.text();
      one.caught_up = mark->caught_up;
      if (mark->caught_up) check(one, *mark);
    }
  }

  static void check(Held& one, const Mark& mark) {
    if (one.again) std::erase_if(one.items, [&](const auto& item) { return !one.met.contains(item.first); });
    one.again = false;
    Digest digest;
    for (const auto& [id, rev] : one.items) digest.add(rev.hash);
    EXPECT_EQ(one.items.size(), mark.count);
    EXPECT_EQ(digest.text(), mark.digest.text());
  }

  Name of_;
  LineParser parser_;
};

class SyncTest : public NodeFixture {
 protected:
  RawClient ask(const std::string& body, const std::string& fields = "") {
    auto peer = client();
    peer.send("POST /sync HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return peer;
  }
  /// The lines of an answer that ends.
  std::vector<std::string> answer(const std::string& body) {
    auto peer = ask(body);
    const auto whole = peer.receive();
    EXPECT_EQ(whole.status, 200U) << whole.body;
    EXPECT_TRUE(whole.whole);
    return lines_of(whole.body);
  }
  /// Reads lines until one has this text; it is the last.
  static std::vector<std::string> read_until(RawClient& peer, std::string_view text) {
    std::vector<std::string> out;
    for (auto line = peer.receive_line(); line; line = peer.receive_line()) {
      out.push_back(*line);
      if (line->find(text) != std::string::npos) return out;
    }
    ADD_FAILURE() << "no line has " << text;
    return out;
  }
  static std::size_t place_of(const std::vector<std::string>& lines, std::string_view text) {
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (lines[i].find(text) != std::string::npos) return i;
    }
    ADD_FAILURE() << "no line has " << text;
    return lines.size();
  }
};

TEST_F(SyncTest, ReadsManyPartitionsOverOneConnection) {
  put(*orders_, 1, 3);
  put(*sales_, 1, 2, "", "north");
  put(*sales_, 3, 5, "", "south");
  Device device;
  for (const auto& line : answer(device.question(false))) device.take(line);
  EXPECT_EQ(device.held.at({"orders", ""}).items.size(), 3U);
  EXPECT_EQ(device.held.at({"sales", "north"}).items.size(), 2U);
  EXPECT_EQ(device.held.at({"sales", "south"}).items.size(), 3U);
  put(*sales_, 6, 6, "", "south");
  const auto more = answer(device.question(false));
  std::size_t puts = 0;
  for (const auto& line : more) puts += line.starts_with("{\"put\"") ? 1 : 0;
  EXPECT_EQ(puts, 1U) << "the cursors were taken";
  for (const auto& line : more) device.take(line);
  EXPECT_TRUE(device.held.at({"sales", "south"}).caught_up);
}

TEST_F(SyncTest, GoesOnLive) {
  put(*orders_, 1, 3);
  put(*sales_, 1, 2, "", "north");
  auto peer = ask(Device().question(true));
  EXPECT_EQ(peer.receive_head().status, 200U);
  Device device;
  const auto both = [&] { return device.held[{"orders", ""}].caught_up && device.held[{"sales", "north"}].caught_up; };
  while (!both()) device.take(peer.receive_line().value_or(""));
  put(*sales_, 3, 3, "", "north");
  while (device.held[{"sales", "north"}].items.size() < 3) device.take(peer.receive_line().value_or(""));
  put(*orders_, 4, 4);
  while (device.held[{"orders", ""}].items.size() < 4) device.take(peer.receive_line().value_or(""));
  // Nothing happens: both partitions get a mark.
  std::set<std::string> beats;
  std::string of;
  while (beats.size() < 2) {
    const auto line = peer.receive_line().value_or("");
    if (line.starts_with("{\"of\"")) of = line;
    if (line.starts_with("{\"mark\"")) beats.insert(of);
    ASSERT_FALSE(line.empty());
  }
  std::thread drain([this] { server_->drain(std::chrono::seconds(10)); });
  while (peer.receive_line()) {
  }
  EXPECT_TRUE(peer.closed());
  drain.join();
}

TEST_F(SyncTest, TellsOfNewPartitions) {
  put(*sales_, 1, 2, "", "north");
  auto peer = ask(R"({"protocol":1,"live":true,"feeds":[{"feed":"sales"}]})");
  EXPECT_EQ(peer.receive_head().status, 200U);
  read_until(peer, "\"caught_up\":true");
  put(*sales_, 3, 4, "", "south");
  const auto lines = read_until(peer, "\"count\":2,\"digest\"");
  const auto visible = place_of(lines, R"({"visible":{"feed":"sales","partition":"south"}})");
  EXPECT_LT(visible, place_of(lines, R"({"of":{"feed":"sales","partition":"south"}})"));
}

TEST_F(SyncTest, ARevokedRightTakesEffectOnAnOpenStream) {
  put(*sales_, 1, 2, "", "north");
  put(*sales_, 3, 4, "", "south");
  access_->hide("sales", "south");
  const auto epoch = sales_->standing("north")->epoch.bits.hex();
  auto peer = ask(R"({"protocol":1,"live":true,"feeds":[{"feed":"sales","cursors":{"south":")" + epoch + R"(.4"}}]})");
  EXPECT_EQ(peer.receive_head().status, 200U);
  Device device;
  for (const auto& line : read_until(peer, "\"caught_up\":true")) device.take(line);
  EXPECT_EQ(device.denied, (std::vector<Device::Name>{{"sales", "south"}})) << "what the reader says it holds";
  EXPECT_EQ(device.held.size(), 1U);
  access_->hide("sales", "north");
  access_->show("sales", "south");
  for (const auto& line : read_until(peer, "\"caught_up\":true")) device.take(line);
  EXPECT_EQ(device.denied.back(), Device::Name("sales", "north"));
  EXPECT_EQ(device.visible, (std::vector<Device::Name>{{"sales", "south"}}));
  EXPECT_EQ(device.held.at({"sales", "south"}).items.size(), 2U) << "from 0";
  put(*sales_, 5, 5, "", "north");
  put(*sales_, 6, 6, "", "south");
  for (const auto& line : read_until(peer, "\"count\":3")) {
    EXPECT_EQ(line.find("north"), std::string::npos) << line;
  }
}

TEST_F(SyncTest, WhatIsRefusedStopsNothingElse) {
  put(*orders_, 1, 3);
  put(*sales_, 1, 2, "", "north");
  const auto lines = answer(R"({"protocol":1,"feeds":[{"feed":"none"},{"feed":"sales","partition":"west"},{"feed":"sales","partition":"north","after":")" +
                            std::string(32, '1') + R"(.1"},{"feed":"orders"}]})");
  EXPECT_NE(lines[place_of(lines, R"({"refused":{"feed":"none","partition":"","status":404,"type":"urn:meshgate:problem:not-found")")].find("detail"), std::string::npos);
  place_of(lines, R"({"refused":{"feed":"sales","partition":"west","status":404)");
  place_of(lines, R"({"refused":{"feed":"sales","partition":"north","status":410,"type":"urn:meshgate:problem:cursor-gone","reason":"other-epoch")");
  place_of(lines, "\"caught_up\":true");
}

TEST_F(SyncTest, ASmallFeedIsNotBehindALargeOne) {
  for (int i = 0; i < 5; ++i) put(*orders_, i * 1000 + 1, i * 1000 + 1000, std::string(900, 'x'));
  put(*sales_, 1, 2, "", "north");
  for (const char* priority : {"0", "9"}) {
    const auto lines = answer(std::string(R"({"protocol":1,"feeds":[{"feed":"orders","priority":)") + priority + R"(},{"feed":"sales","partition":"north"}]})");
    EXPECT_LT(place_of(lines, R"("partition":"north"}})"), lines.size() / 3);
  }
}

TEST_F(SyncTest, SaysWhatIsWrongWithTheBody) {
  const std::string good = R"({"protocol":1,"live":true,"feeds":[{"feed":"orders","after":"0","schema":1,"priority":3}]})";
  EXPECT_TRUE(parse_sync_question(good));
  std::string many = R"({"protocol":1,"feeds":[)";
  for (int i = 0; i <= 1000; ++i) many.append(i == 0 ? "" : ",").append("{\"feed\":\"f" + std::to_string(i) + "\"}");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "must be a JSON object"},
      {"[]", "must be a JSON object"},
      {R"({"feeds":[{"feed":"a"}]})", "protocol is missing"},
      {R"({"protocol":2,"feeds":[{"feed":"a"}]})", "protocol must be 1"},
      {R"({"protocol":1})", "feeds must list"},
      {R"({"protocol":1,"feeds":{}})", "feeds must be a list"},
      {R"({"protocol":1,"feeds":["a"]})", "feeds[0] must be an object"},
      {R"({"protocol":1,"feeds":[{"feed":"a"},{"partition":"b"}]})", "feeds[1].feed is missing"},
      {R"({"protocol":1,"feeds":[{"feed":"a","partitio":"b"}]})", "feeds[0].partitio is not known"},
      {R"({"protocol":1,"feeds":[{"feed":"a","feed":"b"}]})", "feeds[0].feed is given twice"},
      {R"({"protocol":1,"feeds":[{"feed":"a","after":"x"}]})", "feeds[0].after must be"},
      {R"({"protocol":1,"feeds":[{"feed":"a","cursors":{"n":"1"}}]})", "feeds[0].cursors.n must be"},
      {R"({"protocol":1,"feeds":[{"feed":"a","partition":"n","cursors":{"n":"0"}}]})", "feeds[0].cursors does not go with"},
      {R"({"protocol":1,"feeds":[{"feed":"a","priority":10}]})", "feeds[0].priority must be a whole number from 0 to 9"},
      {R"({"protocol":1,"feeds":[{"feed":"a","partition":"n"},{"feed":"a"}]})", "feeds[1] names a feed"},
      {R"({"protocol":1,"live":1,"feeds":[{"feed":"a"}]})", "live must be true or false"},
      {many + "]}", "feeds[1000] is one too many"},
  };
  for (const auto& [body, said] : cases) {
    const auto parsed = parse_sync_question(body);
    ASSERT_FALSE(parsed) << body;
    EXPECT_NE(parsed.error().message.find(said), std::string::npos) << parsed.error().message;
  }
  EXPECT_EQ(ask("nonsense").receive().status, 400U);
}

TEST(Turns, GoRoundByPriority) {
  struct Part {
    char name;
    int left;
  };
  std::vector<Part> parts{{'a', 4}, {'b', 1}, {'c', 5}};
  Turns<Part> turns;
  turns.add(parts[0], 0);
  turns.add(parts[1], 0);
  turns.add(parts[2], 2);
  std::string order;
  for (Part* part = turns.next(); part != nullptr; part = turns.next()) {
    order += part->name;
    if (--part->left > 0) turns.back();
  }
  EXPECT_EQ(order, "cccabccaaa");
  EXPECT_TRUE(turns.empty());
}

/// Random commits, deletes, purges and new partitions, while a reader is cut again and again and goes on with its cursors: at each
/// caught-up mark it holds what the mark says, and at the end it holds what the store does.
TEST_F(SyncTest, AReaderThatIsCutEndsWithWhatTheStoreHas) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Device device;
  for (int cut = 0; cut < 25; ++cut) {
    auto peer = ask(device.question(true), random() % 2 == 0 ? "" : "Accept: */*\r\n");
    ASSERT_EQ(peer.receive_head().status, 200U);
    for (std::size_t writes = random() % 12; writes > 0; --writes) {
      const int id = static_cast<int>(random() % 60);
      const std::string partition(1, static_cast<char>('a' + random() % (1 + static_cast<unsigned>(cut) / 4)));
      store::Feed& feed = random() % 3 == 0 ? *orders_ : *sales_;
      if (random() % 4 == 0) {
        remove(feed, id);
      } else {
        put(feed, id, id + static_cast<int>(random() % 30), std::to_string(random() % 5), &feed == sales_.get() ? partition : "");
      }
      if (random() % 6 == 0) {
        EXPECT_TRUE(orders_->purge("", orders_->standing("")->head));
      }
    }
    for (std::size_t lines = random() % 60; lines > 0; --lines) device.take(peer.receive_line().value_or(""));
    device.cut();
  }
  // The first may be told of cursors that cannot be continued.
  for (int i = 0; i < 2; ++i) {
    for (const auto& line : answer(device.question(false))) device.take(line);
  }
  std::size_t partitions = 0;
  for (store::Feed* feed : {orders_.get(), sales_.get()}) {
    const auto state = feed->state();
    for (const auto& one : state.partitions) {
      const Held& held = device.held[{state.name, one.name}];
      Digest digest;
      for (const auto& [id, rev] : held.items) digest.add(rev.hash);
      EXPECT_TRUE(held.caught_up);
      EXPECT_EQ(held.items.size(), one.count) << state.name << " " << one.name;
      EXPECT_EQ(digest.text(), one.digest.text());
      ++partitions;
    }
  }
  EXPECT_GT(partitions, 1U);
}

}  // namespace
}  // namespace meshgate::serve::test
