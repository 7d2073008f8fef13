#include "gateway/app/device_access.hpp"

#include "tests/unit/store/cursor_model.hpp"

namespace meshgate::app {
namespace {

/// A device that holds a feed with two partitions.
class DeviceAccessTest : public ::testing::Test {
 protected:
  store::Folder folder_;
  std::unique_ptr<store::Store> store_ = store::opened(folder_ / "data");
  std::shared_ptr<DeviceAccess> access_;

  void SetUp() override {
    const auto origin = store::feed_of(*store_, "origin");
    ASSERT_TRUE(origin->define({}, "rules", true));
    store::Batch batch("rows");
    batch.put("1", "1", "{}", store::Names{"north"});
    batch.put("2", "2", "{}", store::Names{"south"});
    batch.set_loading(false);
    store::commit(*origin, batch);
    const auto held = *store_->copy("sales", {origin->state().uid, {}, true});
    for (const char* name : {"north", "south"}) ASSERT_EQ(store::copy_page(*origin, *held, name, {.entries = 1000, .bytes = 1U << 20U}), "");
    open();
  }
  void open() {
    auto opened = DeviceAccess::open((folder_ / "lost").string(), *store_);
    ASSERT_TRUE(opened) << opened.error().message;
    access_ = std::move(*opened);
  }
  /// From a node that has heard who may read as of then; nothing: from one that knows.
  [[nodiscard]] bool admits(const std::string& partition, std::optional<Micros> as_of) const {
    OfferedFeed offered;
    offered.name = "sales";
    offered.rights = as_of;
    return access_->admits(offered, partition);
  }
};

TEST_F(DeviceAccessTest, WhatWasLostComesBackOnlyFromWhoKnowsOfLater) {
  const Micros before = now();
  EXPECT_TRUE(admits("south", before));
  ASSERT_EQ(*access_->lose("sales", "south"), 1U);
  for (const char* when : {"at once", "after a restart"}) {
    EXPECT_FALSE(admits("south", before)) << when;
    EXPECT_FALSE(admits("south", Micros{0})) << when;
    EXPECT_TRUE(admits("north", before)) << when;
    EXPECT_TRUE(admits("south", std::nullopt)) << when;
    EXPECT_TRUE(admits("south", Micros{now().count + 1})) << when;
    open();
  }
}

TEST_F(DeviceAccessTest, AFeedThatWasLostWholeComesBackTheSameWay) {
  const Micros before = now();
  ASSERT_EQ(*access_->lose("sales", std::nullopt), 2U);
  for (const char* partition : {"north", "south"}) {
    EXPECT_FALSE(admits(partition, before));
    EXPECT_TRUE(admits(partition, std::nullopt));
  }
}

}  // namespace
}  // namespace meshgate::app
