// A mirror whose node was restored from a backup, or whose file was altered, fetches what differs and nothing else.
#include <gmock/gmock.h>

#include <random>

#include "tests/unit/device/mirror_fixture.hpp"
#include "tests/unit/device/real_gateway.hpp"

namespace meshgate::test {
namespace {

class RepairTest : public MirrorFixture {
 protected:
  static std::uint64_t seed() {
    const char* given = std::getenv("MESHGATE_TEST_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  }
  void SetUp() override { std::printf("seed %llu\n", static_cast<unsigned long long>(seed_)); }

  void begin(bool divided) {
    divided_ = divided;
    start("first");
    ASSERT_TRUE(node_->feed().define(small_schema(), "rules", divided));
    change(0);
  }
  /// In commits of up to ten; the feed is loaded afterwards.
  void change(int times) {
    do {
      store::Batch batch("table");
      for (int i = 0; i < 10 && times > 0; ++i, --times) {
        const int id = static_cast<int>(random_() % 300);
        if (random_() % 4 == 0) batch.remove(std::to_string(id));
        else batch.put(std::to_string(id), std::to_string(id), small_content(static_cast<int>(random_() % 5)), partitions());
      }
      batch.set_loading(false);
      ASSERT_TRUE(node_->feed().commit(batch, nullptr));
    } while (times > 0);
  }
  void backup() { ASSERT_TRUE(node_->store().backup(folder_ + "/backup")); }
  void restore() {
    node_.reset();
    std::filesystem::create_directories(folder_ + "/second");
    ASSERT_TRUE(store::Store::restore(folder_ + "/backup", folder_ + "/second/data"));
    start("second");
  }
  void end() {
    node_.reset();
    for (const char* name : {"backup", "first", "second"}) std::filesystem::remove_all(folder_ + "/" + name);
    std::filesystem::remove(file_);
  }
  void mirror(const std::vector<std::string>& partitions = {}) {
    device::MirrorOptions wanted;
    wanted.partitions = partitions;
    wanted.url = node_->url();
    wanted.file = file_;
    wanted.once = true;
    wanted.first_backoff = std::chrono::milliseconds(1);
    wanted.longest_backoff = std::chrono::milliseconds(5);
    said_.clear();
    const auto summary = run(wanted);
    ASSERT_TRUE(summary) << summary.error().message;
    EXPECT_TRUE(summary->verified()) << summary->text();
  }
  [[nodiscard]] bool repaired() const { return said_.find("repaired by what differs") != std::string::npos; }
  /// Contents, and where each row stands.
  void expect_equal(std::vector<std::string> partitions = {}) {
    const bool all = partitions.empty();
    for (const auto& part : node_->feed().state().partitions) {
      if (all) partitions.push_back(part.name);
    }
    EXPECT_EQ(listed(held_items()), listed(published(node_->feed(), partitions)));
    EXPECT_EQ(sql("SELECT group_concat(id) FROM _meshgate_met"), "");
  }

  std::unique_ptr<RealGateway> node_;
  std::mt19937_64 random_{seed_};

 private:
  void start(const std::string& name) {
    std::filesystem::create_directories(folder_ + "/" + name);
    node_ = std::make_unique<RealGateway>(folder_ + "/" + name);
  }
  std::vector<std::string> partitions() {
    if (!divided_) return {""};
    std::vector<std::string> out;
    for (const char* name : {"east", "north", "west"}) {
      if (random_() % 2 == 0) out.emplace_back(name);
    }
    if (out.empty()) out.emplace_back("north");
    return out;
  }
  const std::uint64_t seed_ = seed();
  bool divided_ = false;
};

TEST_F(RepairTest, AfterARestore) {
  for (const bool divided : {false, true}) {
    begin(divided);
    change(400);
    backup();
    change(40);
    mirror();
    EXPECT_FALSE(repaired());
    expect_equal();
    restore();
    change(30);
    mirror();
    EXPECT_TRUE(repaired()) << said_;
    expect_equal();
    change(30);
    mirror();
    expect_equal();
    end();
  }
}

TEST_F(RepairTest, AfterDeletesWerePurged) {
  for (const bool divided : {false, true}) {
    begin(divided);
    change(400);
    mirror();
    change(40);
    for (const auto& part : node_->feed().state().partitions) ASSERT_TRUE(node_->feed().purge(part.name, part.standing.head));
    mirror();
    EXPECT_TRUE(repaired()) << said_;
    expect_equal();
    end();
  }
}

TEST_F(RepairTest, OfRowsThatAnotherProgramChanged) {
  for (const bool divided : {false, true}) {
    begin(divided);
    change(400);
    mirror();
    alter("UPDATE orders SET name='other' WHERE _id=(SELECT min(_id) FROM orders); DELETE FROM orders WHERE _id=(SELECT max(_id) FROM orders)");
    mirror();
    EXPECT_TRUE(repaired()) << said_;
    expect_equal();
    end();
  }
}

/// What a partition that may not be read any more said of rows that it shared is of no order, and goes with it.
TEST_F(RepairTest, WhileAPartitionIsLost) {
  begin(true);
  change(400);
  backup();
  change(60);
  mirror();
  restore();
  node_->access().hide("orders", "west");
  mirror();
  EXPECT_TRUE(repaired()) << said_;
  EXPECT_THAT(said_, testing::HasSubstr("orders [west]: not allowed any more"));
  expect_equal({"east", "north"});
  node_->access().show("orders", "west");
  mirror();
  expect_equal();
}

/// Some partitions are repaired in a run that is not asked for the others; those say so, and are repaired later.
TEST_F(RepairTest, OnePartitionAfterTheOther) {
  begin(true);
  change(400);
  backup();
  change(60);
  mirror();
  restore();
  change(30);
  mirror({"north"});
  EXPECT_TRUE(repaired()) << said_;
  EXPECT_EQ(sql("SELECT group_concat(name) FROM (SELECT name FROM _meshgate_partitions WHERE comparing ORDER BY name)"), "east,west");
  EXPECT_EQ(sql("SELECT group_concat(DISTINCT cursor) FROM _meshgate_partitions WHERE comparing"), "0");
  change(30);
  mirror({"west", "east"});
  EXPECT_TRUE(repaired()) << said_;
  mirror();
  expect_equal();
}

/// A trigger sees the rows that are written: those that differ.
TEST_F(RepairTest, OfRowsThatDifferAlone) {
  begin(true);
  change(3000);
  backup();
  change(10);
  mirror();
  alter("CREATE TABLE written(id); CREATE TRIGGER one AFTER INSERT ON orders BEGIN INSERT INTO written VALUES(new._id); END;"
        "CREATE TRIGGER two AFTER UPDATE ON orders BEGIN INSERT INTO written VALUES(new._id); END;"
        "CREATE TRIGGER three AFTER DELETE ON orders BEGIN INSERT INTO written VALUES(old._id); END;"
        "CREATE TRIGGER four AFTER UPDATE ON _meshgate_members BEGIN INSERT INTO written VALUES(new.id); END");
  restore();
  mirror();
  EXPECT_TRUE(repaired()) << said_;
  expect_equal();
  EXPECT_EQ(sql("SELECT CASE WHEN count(DISTINCT id)<=10 AND count(*)<=60 THEN 'few' ELSE count(*)||' written' END FROM written"), "few");
}

/// Where the file says nothing of the order, all is read.
TEST_F(RepairTest, NotOfRowsWithoutAnOrder) {
  begin(false);
  change(100);
  mirror();
  alter("UPDATE orders SET _seq=0; DELETE FROM orders WHERE _id=(SELECT max(_id) FROM orders)");
  mirror();
  EXPECT_FALSE(repaired()) << said_;
  expect_equal();
}

}  // namespace
}  // namespace meshgate::test
