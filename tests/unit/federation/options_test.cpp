#include "gateway/federation/options.hpp"

#include <gmock/gmock.h>

namespace meshgate::federation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Read {
  explicit Read(std::string_view text) {
    const auto root = config::parse_yaml(text, "mesh.yaml", faults);
    options = read_options(root["peers"], root["feeds"], secrets, faults);
  }
  config::Diagnostics faults;
  config::Secrets secrets;
  Options options;
};

TEST(Options, ReadsPeersAndTheFeedsThatComeFromThem) {
  const Read read(R"(
peers: { hq: { url: "https://hq:7443/" }, hub: { url: "http://hub" } }
feeds:
  own: { from: { source: erp } }
  orders: { from: { peer: [hub, hq], partitions: [north] } }
  notes: { from: { peer: hq } }
)");
  EXPECT_TRUE(read.faults.empty()) << read.faults.text();
  ASSERT_EQ(read.options.peers.size(), 2U);
  EXPECT_EQ(read.options.peers[0].url, "https://hq:7443");
  ASSERT_EQ(read.options.feeds.size(), 2U);
  EXPECT_THAT(read.options.feeds[0].peers, ElementsAre(1U, 0U));
  EXPECT_THAT(read.options.feeds[0].partitions, ElementsAre("north"));
  EXPECT_THAT(read.options.feeds[1].peers, ElementsAre(0U));
}

TEST(Options, KeysAreReadAsTheyAreShown) {
  const Read read(R"(
peers: { hq: { url: "http://hq", identity: "ed25519:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" } }
feeds:
  orders: { from: { peer: hq, origin: "ed25519:HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" } }
  notes: { from: { peer: hq } }
)");
  EXPECT_TRUE(read.faults.empty()) << read.faults.text();
  EXPECT_EQ(read.options.peers[0].identity.size(), 32U);
  EXPECT_EQ(read.options.peers[0].identity[1], '\x01');
  EXPECT_EQ(read.options.feeds[0].origin[0], '\x1f');
  EXPECT_TRUE(read.options.feeds[1].origin.empty());
}

TEST(Options, PeersThatKnowThisNodeOrBringFeedsSayWhoMayRead) {
  const Read read(R"(
peers:
  known: { url: https://known, certificate: hub.pem, key: hub.key }
  open: { url: http://open }
  bringing: { subject: CN=hq }
feeds:
  a: { from: { peer: [known, open] } }
  b: { from: { peer: open } }
  c: { from: { peer: bringing } }
)");
  EXPECT_TRUE(read.faults.empty()) << read.faults.text();
  const auto reliance = reliance_of(read.options, "known", std::chrono::hours(1));
  ASSERT_EQ(reliance.feeds.size(), 3U);
  EXPECT_THAT(reliance.feeds[0].peers, ElementsAre("known"));
  EXPECT_TRUE(reliance.feeds[1].peers.empty());
  EXPECT_THAT(reliance.feeds[2].peers, ElementsAre("bringing"));
  EXPECT_EQ(reliance.issuer, "known");
}

TEST(Options, OfSomeFeedsNotAllPartitionsAreBrought) {
  const Read read(R"(
peers: { hub: { url: "https://hub", push: [orders, notes], partitions: { orders: [north, south] } } }
feeds:
  orders: { from: { source: s }, partition: region }
  notes: { from: { source: s } }
)");
  EXPECT_TRUE(read.faults.empty()) << read.faults.text();
  const Peer& hub = read.options.peers.front();
  EXPECT_TRUE(brings(hub, "orders", "south"));
  EXPECT_FALSE(brings(hub, "orders", "east"));
  EXPECT_TRUE(brings(hub, "notes", ""));
}

TEST(Options, SaysWhereAndWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"peers: { hq: { url: http://hq, identity: hq } }", "'hq' is no key of a node"},
      {"peers: { hq: { subject: CN=hq, identity: 'ed25519:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8' } }", "a peer without `url` is not asked who it is"},
      {"peers: { hq: { url: http://hq } }\nfeeds: { a: { from: { peer: hq, origin: 'ed25519:x' } } }", "'ed25519:x' is no key of a node"},
      {"peers: { hq: { url: hq.corp } }", "mesh.yaml:1:21: 'hq.corp' is not the address of a node"},
      {"peers: { hq: { ca: x } }", "peer 'hq' can neither be reached nor bring anything"},
      {"peers: { hq: { subject: CN=hq, push: [a] } }\nfeeds: { a: { from: { source: s } } }", "nothing can be brought to a peer without `url`"},
      {"peers: { hq: { url: http://hq, push: [b] } }\nfeeds: { a: { from: { source: s } } }", "there is no feed 'b' to bring"},
      {"peers: { hq: { url: http://hq, push: [a], partitions: { b: [x] } } }\nfeeds: { a: { from: { source: s }, partition: p } }", "unknown key 'b'"},
      {"peers: { hq: { url: http://hq, push: [a], partitions: { a: [] } } }\nfeeds: { a: { from: { source: s }, partition: p } }", "no partition of feed 'a' would be brought"},
      {"peers: { hq: { url: http://hq, push: [a], partitions: { a: [x] } } }\nfeeds: { a: { from: { source: s } } }", "mesh.yaml:1:60: feed 'a' is not divided into partitions"},
      {"peers: { hq: { url: http://hq, certificate: x } }", "`certificate` and `key` go together"},
      {"peers: { hq: { url: http://hq } }\nfeeds: { a: { from: { peer: hk } } }", "mesh.yaml:2:29: there is no peer 'hk' (did you mean 'hq'?)"},
      {"feeds: { a: { from: { peer: hq } } }", "name one of those under `peers:`"},
      {"peers: { hq: { url: http://hq } }\nfeeds: { a: { from: { peer: hq }, fields: { x: y } } }", "`fields` is the origin's to say"},
      {"peers: { hq: { url: http://hq } }\nfeeds: { a: { from: { peer: hq, source: erp } } }", "a source of its own or follows a peer, not both"},
      {"peers: { hq: { url: http://hq } }\nfeeds: { a: { from: { peer: hq, partition: north } } }", "did you mean 'partitions'?"},
  };
  for (const auto& [text, wanted] : cases) EXPECT_THAT(Read(text).faults.text(), HasSubstr(wanted)) << text;
}

}  // namespace
}  // namespace meshgate::federation
