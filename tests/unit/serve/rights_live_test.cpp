#include <atomic>
#include <thread>

#include "tests/unit/serve/rights_fixture.hpp"

namespace meshgate::serve::test {
namespace {

using net::test::RawClient;

constexpr std::string_view kDenied = R"({"denied":{"feed":"sales","partition":"north"}})";
constexpr std::string_view kCaughtUp = "\"caught_up\":true";

/// What open answers do when the directory changes: "seller" reads sales, north.
class RightsLiveTest : public RightsFixture {
 protected:
  void SetUp() override {
    signed_in_ = [this](const access::Principal&) { return !device_revoked_; };
    RightsFixture::SetUp();
    access_->grant("seller", "sales", "north");
  }
  /// Reads lines until one has this text; gives all of them.
  static std::string read_until(RawClient& peer, std::string_view text) {
    std::string out;
    for (auto line = peer.receive_line(); line; line = peer.receive_line()) {
      out += *line + "\n";
      if (line->find(text) != std::string::npos) return out;
    }
    ADD_FAILURE() << "no line has " << text << " in\n" << out;
    return out;
  }
  /// The rest of an answer that ends.
  static std::string rest(RawClient& peer) {
    std::string out;
    for (auto line = peer.receive_line(); line; line = peer.receive_line()) out += *line + "\n";
    return out;
  }
  RawClient open(const std::string& query) {
    auto peer = ask("seller", "/feeds/sales/changes?partition=north&" + query);
    EXPECT_EQ(peer.receive_head().status, 200U);
    (void)read_until(peer, kCaughtUp);
    return peer;
  }
  void await_live(double readers) {
    auto& gauge = metrics_.gauge("meshgate_live_readers", "");
    while (gauge.value() < readers) std::this_thread::yield();
  }
  std::string head() { return cursor_of(get("/feeds/sales/changes?partition=north", as("seller")).body); }

  std::atomic<bool> device_revoked_{false};
};

TEST_F(RightsLiveTest, AStreamEndsWithDenied) {
  for (const char* way : {"live=stream", "live=sse"}) {
    auto peer = open(way);
    access_->revoke("seller", "sales", "north");
    put(*sales_, 160, 160, "too late", "north");
    const auto last = rest(peer);
    EXPECT_NE(last.find(kDenied), std::string::npos) << way << last;
    EXPECT_EQ(last.find("too late"), std::string::npos) << way << last;
    if (std::string(way) == "live=sse") {
      EXPECT_NE(last.find("data: {\"denied\""), std::string::npos) << last;
    }
    access_->grant("seller", "sales", "north");
  }
}

TEST_F(RightsLiveTest, APollIsAnsweredThatItMayNot) {
  auto peer = ask("seller", "/feeds/sales/changes?partition=north&live=poll&wait=60&schema=1&after=" + head());
  await_live(1);
  access_->revoke("seller", "sales", "north");
  const auto answer = peer.receive();
  EXPECT_EQ(answer.status, 403U);
  EXPECT_NE(answer.body.find("urn:meshgate:problem:denied"), std::string::npos) << answer.body;
}

TEST_F(RightsLiveTest, ALiveAnswerEndsWhenTheRightsAreOthersThanTheReaderKnows) {
  const auto rights = [&] { return get("/feeds", as("seller")).field("Meshgate-Rights"); };
  const std::string known = rights();
  ASSERT_FALSE(known.empty());
  auto stream = open("live=stream&rights=" + known);
  auto other = open("live=stream");
  access_->grant("seller", "sales", "south");
  put(*sales_, 160, 160, "later", "north");
  EXPECT_EQ(rest(stream).find("later"), std::string::npos) << "it looks again first";
  EXPECT_NE(read_until(other, "later"), "") << "who does not ask goes on";
  EXPECT_NE(rights(), known);
  auto late = ask("seller", "/feeds/sales/changes?partition=north&live=stream&rights=" + known);
  EXPECT_EQ(late.receive_head().status, 200U);
  EXPECT_EQ(rest(late), "") << "the rights were others before it asked";
  auto still = open("live=stream&rights=" + rights());
  put(*sales_, 161, 161, "latest", "north");
  EXPECT_NE(read_until(still, "latest"), "");
}

TEST_F(RightsLiveTest, AnotherRightLostChangesNothing) {
  access_->grant("seller", "sales", "south");
  auto peer = open("live=stream");
  access_->revoke("seller", "sales", "south");
  put(*sales_, 160, 160, "still here", "north");
  EXPECT_NE(read_until(peer, "still here"), "");
}

TEST_F(RightsLiveTest, AStreamPausesWhileNobodyKnows) {
  for (const char* way : {"live=stream", "live=sse"}) {
    auto peer = open(way);
    access_->set_unsure(true);
    put(*sales_, 161, 161, "kept back", "north");
    // Heartbeats of a pause: a comment to readers of events, else an empty line.
    for (int beats = 0; beats < 2;) {
      const auto line = peer.receive_line();
      ASSERT_TRUE(line);
      EXPECT_EQ(line->find("kept back"), std::string::npos) << *line;
      EXPECT_EQ(line->find("denied"), std::string::npos) << *line;
      if (line->empty() || line->starts_with(":")) ++beats;
    }
    access_->set_unsure(false);
    EXPECT_NE(read_until(peer, "kept back"), "");
    put(*sales_, 161, 161, "again", "north");
    EXPECT_NE(read_until(peer, "again"), "");
    put(*sales_, 161, 161, "", "north");
  }
}

TEST_F(RightsLiveTest, APauseMayEndWithDenied) {
  auto peer = open("live=stream");
  access_->set_unsure(true);
  access_->revoke("seller", "sales", "north");
  put(*sales_, 161, 161, "never", "north");
  access_->set_unsure(false);
  const auto last = rest(peer);
  EXPECT_NE(last.find(kDenied), std::string::npos) << last;
  EXPECT_EQ(last.find("never"), std::string::npos) << last;
}

TEST_F(RightsLiveTest, ARevokedDeviceIsCutAndNotEmptied) {
  auto stream = open("live=stream");
  auto poll = ask("seller", "/feeds/sales/changes?partition=north&live=poll&wait=60&schema=1&after=" + head());
  await_live(2);
  auto sync = ask_sync("seller", R"({"protocol":1,"live":true,"feeds":[{"feed":"sales"}]})");
  EXPECT_EQ(sync.receive_head().status, 200U);
  (void)read_until(sync, kCaughtUp);
  device_revoked_ = true;
  serve_->look_again();
  EXPECT_EQ(rest(stream).find("denied"), std::string::npos);
  EXPECT_EQ(poll.receive().status, 401U);
  EXPECT_EQ(rest(sync).find("denied"), std::string::npos);
}

TEST_F(RightsLiveTest, ALongAnswerBreaksOff) {
  for (int i = 1; i < 40; ++i) put(*sales_, i * 1000 + 1, i * 1000 + 1000, std::string(900, 'x'), "north");
  auto peer = ask("seller", "/feeds/sales/changes?partition=north");
  EXPECT_EQ(peer.take(100000).size(), 100000U);
  access_->revoke("seller", "sales", "north");
  std::size_t bytes = 0;
  std::string last;
  for (auto some = peer.take(1U << 20U); !some.empty(); some = peer.take(1U << 20U)) {
    bytes += some.size();
    last.append(some);
    last.erase(0, last.size() - std::min<std::size_t>(last.size(), 100));
  }
  EXPECT_LT(bytes, 35000000U) << "of 40 MB what was on its way, and no more";
  EXPECT_FALSE(last.ends_with("0\r\n\r\n")) << "it must not look whole";
}

TEST_F(RightsLiveTest, SyncTellsOfRightsLostAndGained) {
  auto peer = ask_sync("seller", R"({"protocol":1,"live":true,"feeds":[{"feed":"sales"},{"feed":"orders"}]})");
  EXPECT_EQ(peer.receive_head().status, 200U);
  (void)read_until(peer, Slice{"orders", ""}.secret());
  access_->grant("seller", "sales", "south");
  const auto gained = read_until(peer, Slice{"sales", "south"}.secret());
  EXPECT_NE(gained.find(R"({"visible":{"feed":"sales","partition":"south"}})"), std::string::npos) << gained;
  access_->revoke("seller", "sales", "north");
  (void)read_until(peer, kDenied);
  put(*sales_, 160, 160, "too late", "north");
  put(*orders_, 9, 9, "goes on");
  EXPECT_EQ(read_until(peer, "goes on").find("too late"), std::string::npos);
  access_->grant("seller", "sales", "north");
  const auto back = read_until(peer, "too late");
  EXPECT_NE(back.find(R"({"visible":{"feed":"sales","partition":"north"}})"), std::string::npos) << back;
  EXPECT_NE(back.find(Slice{"sales", "north"}.secret()), std::string::npos) << "from 0";
}

TEST_F(RightsLiveTest, SyncPausesWhileNobodyKnows) {
  auto peer = ask_sync("seller", R"({"protocol":1,"live":true,"feeds":[{"feed":"sales"}]})");
  EXPECT_EQ(peer.receive_head().status, 200U);
  (void)read_until(peer, kCaughtUp);
  access_->set_unsure(true);
  put(*sales_, 161, 161, "kept back", "north");
  for (int beats = 0; beats < 2;) {
    const auto line = peer.receive_line();
    ASSERT_TRUE(line);
    EXPECT_EQ(line->find("kept back"), std::string::npos) << *line;
    if (line->empty()) ++beats;
  }
  access_->set_unsure(false);
  EXPECT_EQ(read_until(peer, "kept back").find("denied"), std::string::npos);
}

/// A feed of which nothing is theirs any more: who shows that it was once is told, nobody else.
TEST_F(RightsLiveTest, WhoHeldAFeedIsToldThatItIsLost) {
  access_->grant("seller", "audit");
  const auto cursor = cursor_of(get("/feeds/audit/changes", as("seller")).body);
  const std::string uid = audit_->state().uid.bits.hex();
  access_->revoke("seller", "audit");
  EXPECT_EQ(get("/feeds/audit/changes", as("seller")).status, 404U);
  EXPECT_EQ(get("/feeds/audit/changes?after=" + cursor, as("seller")).status, 403U);
  EXPECT_EQ(get("/feeds/audit/changes?after=" + cursor + "&live=stream", as("seller")).status, 403U);
  EXPECT_EQ(get("/feeds/audit/changes?uid=" + uid, as("seller")).status, 403U);
  EXPECT_EQ(get("/feeds/audit/changes?uid=" + std::string(32, '1'), as("seller")).status, 404U);
  const auto said = [&](const std::string& entry) { return ask_sync("seller", R"({"protocol":1,"feeds":[)" + entry + "]}").receive().body; };
  constexpr std::string_view kLost = R"({"denied":{"feed":"audit","partition":""}})";
  EXPECT_NE(said(R"({"feed":"audit","after":")" + cursor + "\"}").find(kLost), std::string::npos);
  EXPECT_NE(said(R"({"feed":"audit","after":"0","uid":")" + uid + "\"}").find(kLost), std::string::npos);
  EXPECT_NE(said(R"({"feed":"audit"})").find("\"status\":404"), std::string::npos);
}

/// Rights that change at random while streams are open: nobody is sent what was committed while it was not theirs.
TEST_F(RightsLiveTest, NobodyIsSentWhatIsNotTheirs) {
  auto peer = ask_sync("seller", R"({"protocol":1,"live":true,"feeds":[{"feed":"sales","partition":"north"}]})");
  EXPECT_EQ(peer.receive_head().status, 200U);
  (void)read_until(peer, kCaughtUp);
  for (int round = 0; round < 10; ++round) {
    access_->revoke("seller", "sales", "north");
    (void)read_until(peer, kDenied);
    const std::string while_denied = "hidden in round " + std::to_string(round);
    put(*sales_, 170, 170, while_denied, "north");
    put(*sales_, 170, 170, "replaced", "north");
    access_->grant("seller", "sales", "north");
    EXPECT_EQ(read_until(peer, kCaughtUp).find(while_denied), std::string::npos);
  }
}

}  // namespace
}  // namespace meshgate::serve::test
