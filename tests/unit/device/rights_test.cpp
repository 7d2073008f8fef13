#include "tests/unit/device/mirror_fixture.hpp"
#include "tests/unit/device/real_gateway.hpp"

namespace meshgate::test {
namespace {

using Names = std::vector<std::string>;

/// What a mirror does when the node lets it read less, or more: "sales" is divided, "orders" is not.
class DeviceRightsTest : public MirrorFixture {
 protected:
  DeviceRightsTest() : node_(folder_) {
    sales_ = *node_.store().feed("sales");
    prepare(*sales_, true);
    prepare(node_.feed(), false);
    commit(*sales_, "1", {"north"});
    commit(*sales_, "2", {"north", "south"});
    commit(*sales_, "3", {"south"});
    commit(node_.feed(), "10", {""});
  }
  static void prepare(store::Feed& feed, bool divided) {
    EXPECT_TRUE(feed.define(small_schema(), "rules", divided));
    store::Batch batch("table");
    batch.set_loading(false);
    EXPECT_TRUE(feed.commit(batch, nullptr));
  }
  static void commit(store::Feed& feed, const std::string& id, const Names& partitions) {
    store::Batch batch("table");
    batch.put(id, id, small_content(std::stoi(id)), partitions);
    EXPECT_TRUE(feed.commit(batch, nullptr));
  }
  [[nodiscard]] device::MirrorOptions wanted(bool once) const {
    device::MirrorOptions out;
    out.url = node_.url();
    out.file = file_;
    out.once = once;
    out.first_backoff = std::chrono::milliseconds(1);
    out.longest_backoff = std::chrono::milliseconds(5);
    out.look_again = std::chrono::milliseconds(20);
    out.patience = std::chrono::milliseconds(500);
    out.connections = 8;
    return out;
  }
  device::MirrorSummary mirror_once() {
    auto summary = run(wanted(true));
    EXPECT_TRUE(summary) << summary.error().message;
    return summary ? *summary : device::MirrorSummary{};
  }
  /// The ids that the file has of a feed.
  [[nodiscard]] Names ids(const std::string& feed) {
    Names out;
    for (const auto& [id, content] : stored(feed)) out.push_back(id);
    return out;
  }
  void await_said(const std::string& text) {
    wait_until([&](const auto&) { return said_.find(text) != std::string::npos; });
  }
  /// Until a partition is caught up with so many items, told after `from` of the reports.
  void await_items(const std::string& partition, std::uint64_t items, std::size_t from = 0) {
    wait_until([&](const auto& all) {
      return std::any_of(all.begin() + static_cast<std::ptrdiff_t>(from), all.end(), [&](const device::MirrorProgress& one) {
        return one.partition == partition && one.stage == device::MirrorProgress::Stage::caught_up && one.held == items;
      });
    });
  }
  [[nodiscard]] std::size_t told() {
    const std::lock_guard guard(mutex_);
    return progress_.size();
  }

  RealGateway node_;
  std::shared_ptr<store::Feed> sales_;
};

TEST_F(DeviceRightsTest, ALostPartitionGoesAndNothingElse) {
  follow(wanted(false));
  await_items("north", 2);
  await_items("south", 2);
  node_.access().hide("sales", "north");
  await_said("sales [north]: not allowed any more; its 2 items were removed");
  EXPECT_EQ(ids("sales"), (Names{"2", "3"})) << "2 is in south too";
  EXPECT_EQ(sql("SELECT group_concat(id) FROM (SELECT id FROM _meshgate_members ORDER BY id)"), "2,3");
  commit(*sales_, "4", {"south"});
  await_items("south", 3);
  const std::size_t before = told();
  node_.access().show("sales", "north");
  await_items("north", 2, before);
  ASSERT_TRUE(stop());
  EXPECT_EQ(ids("sales"), (Names{"1", "2", "3", "4"}));
  EXPECT_TRUE(mirror_once().verified());
}

/// Somebody who moves to another group: what is gained is not waited for until the next look.
TEST_F(DeviceRightsTest, WhoLosesAPartitionLooksForAnother) {
  node_.access().hide("sales", "south");
  auto rarely = wanted(false);
  rarely.look_again = std::chrono::hours(1);
  follow(rarely);
  await_items("north", 2);
  node_.access().hide("sales", "north");
  await_said("sales [north]: not allowed any more; its 2 items were removed");
  node_.access().show("sales", "south");
  await_items("south", 2);
  ASSERT_TRUE(stop());
  EXPECT_EQ(ids("sales"), (Names{"2", "3"}));
}

/// Nothing is lost here that could tell: the streams that are open end, and so do the pages of who takes turns.
TEST_F(DeviceRightsTest, WhoGainsAPartitionLooksAtOnce) {
  for (const unsigned connections : {8U, 1U}) {
    node_.access().hide("sales", "south");
    auto rarely = wanted(false);
    rarely.look_again = std::chrono::hours(1);
    rarely.turn = std::chrono::milliseconds(20);
    rarely.connections = connections;
    const std::size_t before = told();
    follow(rarely);
    await_items("north", 2, before);
    const std::size_t lost = told();
    node_.access().show("sales", "south");
    await_items("south", 2, lost);
    ASSERT_TRUE(stop());
    EXPECT_EQ(ids("sales"), (Names{"1", "2", "3"}));
  }
}

TEST_F(DeviceRightsTest, WhatWasLostMeanwhileGoesAtTheNextContact) {
  EXPECT_TRUE(mirror_once().verified());
  node_.access().hide("sales", "north");
  const auto summary = mirror_once();
  EXPECT_TRUE(summary.verified()) << summary.text();
  EXPECT_EQ(ids("sales"), (Names{"2", "3"}));
  EXPECT_EQ(ids("orders"), (Names{"10"}));
  EXPECT_NE(said_.find("sales [north]: not allowed any more"), std::string::npos) << said_;
}

TEST_F(DeviceRightsTest, AFeedThatIsLostAsAWholeGoesToo) {
  EXPECT_TRUE(mirror_once().verified());
  node_.access().close("sales");
  const auto summary = mirror_once();
  EXPECT_TRUE(summary.verified()) << summary.text();
  EXPECT_EQ(ids("sales"), Names{});
  EXPECT_EQ(ids("orders"), (Names{"10"}));
}

TEST_F(DeviceRightsTest, AFeedThatIsLostWhileItIsFollowedGoesToo) {
  follow(wanted(false));
  await_items("north", 2);
  await_items("south", 2);
  node_.access().close("sales");
  await_said("sales [north]: not allowed any more");
  await_said("sales [south]: not allowed any more");
  EXPECT_EQ(ids("sales"), Names{});
  commit(node_.feed(), "11", {""});
  await_items("", 2);
  ASSERT_TRUE(stop());
}

TEST_F(DeviceRightsTest, ANamedFeedThatIsLostStopsNoOther) {
  EXPECT_TRUE(mirror_once().verified());
  node_.access().close("sales");
  auto named = wanted(true);
  named.feeds = {"sales", "orders"};
  const auto summary = run(named);
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(ids("sales"), Names{});
  EXPECT_EQ(ids("orders"), (Names{"10"}));
}

/// Begun anew (410), a pass stands at 0 and its cursor shows nothing; the feed's uid still does.
TEST_F(DeviceRightsTest, ALostFeedGoesInTheMiddleOfAPass) {
  EXPECT_TRUE(mirror_once().verified());
  alter("UPDATE _meshgate_partitions SET cursor='0', comparing=1");
  node_.access().close("sales");
  (void)mirror_once();
  EXPECT_EQ(ids("sales"), Names{});
}

/// A feed that is not there is not one that was taken away: an operator may have lost its store.
TEST_F(DeviceRightsTest, WhatIsNotThereStays) {
  ASSERT_TRUE(run(wanted(true)));
  sales_.reset();
  ASSERT_TRUE(node_.store().drop("sales"));
  (void)mirror_once();
  EXPECT_EQ(ids("sales"), (Names{"1", "2", "3"}));
}

/// Nor is a node that does not know yet.
TEST_F(DeviceRightsTest, AnotherRefusalTakesNothing) {
  CannedNode other(small_schema());
  for (int i = 1; i <= 5; ++i) other.put(std::to_string(i), small_content(i));
  EXPECT_TRUE(once(other).verified());
  for (const int status : {401, 403, 404, 503}) {
    other.refuse(status, "{\"title\":\"a proxy's own\"}");
    auto options = this->options(other);
    options.once = true;
    options.patience = std::chrono::milliseconds(50);
    const auto summary = run(options);
    EXPECT_FALSE(summary) << status;
    EXPECT_EQ(ids("orders").size(), 5U) << status;
  }
}

TEST_F(DeviceRightsTest, SaysWhatToDoWhereItMustSignIn) {
  CannedNode other(small_schema());
  other.refuse(401, "{\"detail\":\"sign in to read feed 'orders'\"}");
  auto options = this->options(other);
  options.once = true;
  const auto summary = run(options);
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().code, Code::auth);
  EXPECT_NE(summary.error().message.find("the node answered 401 (sign in to read feed 'orders'); sign in with `meshgate login`"), std::string::npos)
      << summary.error().message;
}

}  // namespace
}  // namespace meshgate::test
