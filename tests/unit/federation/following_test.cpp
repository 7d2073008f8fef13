#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <tuple>

#include "gateway/federation/federation.hpp"
#include "tests/unit/device/real_gateway.hpp"
#include "tests/unit/store/folder.hpp"

namespace meshgate::federation {
namespace {

using std::chrono::seconds;

/// Until something holds; the test fails when it never does.
template <class Condition>
void await(const char* what, Condition condition) {
  const auto end = std::chrono::steady_clock::now() + seconds(60);
  while (!condition()) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << what;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

/// A store that follows "orders" from these nodes.
class Hub {
 public:
  Hub(const std::string& folder, const std::vector<std::string>& urls, std::vector<std::string> partitions = {}, const Pull::Denied& denied = {}) {
    store::Options options;
    options.folder = folder;
    store_ = std::move(*store::Store::open(options));
    Options peers;
    FollowedFeed feed{"orders", {}, std::move(partitions)};
    for (const auto& url : urls) {
      feed.peers.push_back(peers.peers.size());
      peers.peers.push_back({"peer " + std::to_string(peers.peers.size()), url, {}, {}, {}});
    }
    peers.feeds.push_back(feed);
    federation_ = std::make_unique<Federation>(std::move(peers), *store_, pool_, log_, metrics_, denied);
  }

  /// Whether it holds exactly what the origin does.
  [[nodiscard]] bool holds(const store::Feed& origin) {
    const auto names = store_->names();
    if (names.empty()) return false;
    const auto there = origin.state();
    const auto here = (*store_->feed("orders"))->state();
    if (here.uid != there.uid || here.epoch != there.epoch || here.loading != there.loading || here.partitions.size() != there.partitions.size()) return false;
    for (std::size_t i = 0; i < here.partitions.size(); ++i) {
      const auto& [own, other] = std::tie(here.partitions[i], there.partitions[i]);
      if (own.name != other.name || own.count != other.count || own.digest != other.digest || own.standing.head != other.standing.head) return false;
    }
    return true;
  }
  /// The same of one partition.
  [[nodiscard]] bool holds(const store::Feed& origin, const std::string& partition) {
    const auto part = [&](const store::FeedState& state) {
      const auto at = std::ranges::find(state.partitions, partition, &store::PartitionState::name);
      return at == state.partitions.end() ? std::tuple<Seq, Digest>() : std::tuple(at->standing.head, at->digest);
    };
    return !store_->names().empty() && part(origin.state()) == part((*store_->feed("orders"))->state());
  }
  [[nodiscard]] Standing standing() const { return *federation_->standing("orders"); }
  store::Store& store() { return *store_; }
  void stop() { federation_.reset(); }

 private:
  base::BlockingPool pool_{1, 100};
  base::Log log_{base::Level::error};
  base::Metrics metrics_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Federation> federation_;
};

class FollowingTest : public testing::Test {
 protected:
  static void put(store::Feed& feed, int id, const std::string& content, std::vector<std::string> partitions) {
    store::Batch batch("table");
    batch.set_loading(false);
    batch.put(std::to_string(id), std::to_string(id), content, partitions);
    ASSERT_TRUE(feed.commit(batch, nullptr));
  }
  void fill(int count) {
    ASSERT_TRUE(origin_->feed().define({}, "rules", true));
    for (int i = 0; i < count; ++i) put(origin_->feed(), i, "{}", {i % 2 == 0 ? "even" : "odd"});
  }

  store::Folder folder_;
  std::unique_ptr<test::RealGateway> origin_ = std::make_unique<test::RealGateway>((folder_ / "origin").string());
};

TEST_F(FollowingTest, WhatIsCommittedMeanwhileComesToo) {
  fill(50);
  Hub hub((folder_ / "hub").string(), {origin_->url()});
  std::thread writer([&] {
    for (int i = 0; i < 300; ++i) put(origin_->feed(), i % 70, "{\"a\":" + std::to_string(i) + "}", {i % 3 == 0 ? "even" : "odd"});
  });
  writer.join();
  await("the hub to hold what was written", [&] { return hub.holds(origin_->feed()); });
  EXPECT_EQ(hub.standing().state, Standing::State::following);
  hub.stop();
}

TEST_F(FollowingTest, TheNextPeerIsTakenWhenTheFirstHasGone) {
  fill(20);
  auto second = std::make_unique<test::RealGateway>((folder_ / "second").string());
  // A copy of its own, made by hand: the same order under the same identity.
  const auto state = origin_->feed().state();
  ASSERT_TRUE(second->store().drop("orders"));
  const auto copy = *second->store().copy("orders", {state.uid, state.schema, state.divided});
  for (const char* partition : {"even", "odd"}) {
    const auto page = origin_->feed().changes(partition, {}, {});
    ASSERT_TRUE(copy->follow(partition, {}, page->lines, page->mark));
  }
  Hub hub((folder_ / "hub").string(), {origin_->url(), second->url()});
  await("the hub to hold what the origin has", [&] { return hub.holds(origin_->feed()); });
  EXPECT_EQ(hub.standing().peer, "peer 0");
  origin_.reset();
  await("the hub to follow the other", [&] { return hub.standing().peer == "peer 1"; });
  second.reset();
  await("the hub to say that nobody is there", [&] { return hub.standing().state == Standing::State::failing; });
  hub.stop();
}

TEST_F(FollowingTest, WhatThePeerDoesNotGiveStaysHere) {
  fill(20);
  Hub hub((folder_ / "hub").string(), {origin_->url()});
  await("the hub to hold what the origin has", [&] { return hub.holds(origin_->feed()); });
  origin_->access().close("orders");
  await("the hub to say that it may not read", [&] { return hub.standing().state == Standing::State::failing; });
  EXPECT_TRUE(hub.holds(origin_->feed()));
  hub.stop();
}

TEST_F(FollowingTest, WhoLetsGoOfWhatIsDeniedIsToldOfAFeedThatIsNotShown) {
  fill(20);
  {
    Hub before((folder_ / "hub").string(), {origin_->url()});
    await("the hub to hold what the origin has", [&] { return before.holds(origin_->feed()); });
  }
  origin_->access().close("orders");
  std::atomic<int> told = 0;
  const auto denied = [&](const std::string& feed, const std::optional<std::string>& partition) { told += feed == "orders" && !partition ? 1 : 100; };
  Hub hub((folder_ / "hub").string(), {origin_->url()}, {}, denied);
  await("the hub to be told", [&] { return told > 0; });
  await("the hub to say that it may not read", [&] { return hub.standing().state == Standing::State::failing; });
  EXPECT_EQ(told, 1) << "once, until something comes again";
  EXPECT_TRUE(hub.holds(origin_->feed())) << "whether that means that it may not be read is not said";
  hub.stop();
}

TEST_F(FollowingTest, OnePartitionThatIsDeniedStopsNoOther) {
  fill(20);
  Hub hub((folder_ / "hub").string(), {origin_->url()});
  await("the hub to hold what the origin has", [&] { return hub.holds(origin_->feed()); });
  origin_->access().hide("orders", "odd");
  await("the hub to say what it is not given", [&] { return hub.standing().error.find("does not give odd") != std::string::npos; });
  EXPECT_EQ(hub.standing().state, Standing::State::following);
  put(origin_->feed(), 1, "{\"a\":1}", {"odd"});
  put(origin_->feed(), 2, "{\"a\":1}", {"even"});
  await("the rest to be followed", [&] { return hub.holds(origin_->feed(), "even"); });
  EXPECT_FALSE(hub.holds(origin_->feed(), "odd"));
  EXPECT_EQ((*hub.store().feed("orders"))->state().partitions.size(), 2U) << "what is here stays";
  origin_->access().show("orders", "odd");
  await("the partition to be followed again", [&] { return hub.holds(origin_->feed()) && hub.standing().error.empty(); });
  EXPECT_EQ(hub.standing().state, Standing::State::following);
  hub.stop();
}

TEST_F(FollowingTest, APartitionThatIsNotThereStopsNoOther) {
  fill(20);
  Hub hub((folder_ / "hub").string(), {origin_->url()}, {"even", "west"});
  await("the hub to hold the one that is there", [&] { return hub.holds(origin_->feed(), "even") && hub.standing().state == Standing::State::following; });
  EXPECT_NE(hub.standing().error.find("does not give west"), std::string::npos) << hub.standing().error;
  origin_->access().hide("orders", "even");
  await("the hub to say that nothing is left", [&] { return hub.standing().state == Standing::State::failing; });
  hub.stop();
}

}  // namespace
}  // namespace meshgate::federation
