#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "gateway/device/mirror.hpp"
#include "gateway/device/mirror_file.hpp"
#include "tests/unit/device/mirror_fixture.hpp"
#include "tests/unit/device/real_gateway.hpp"

namespace meshgate::device {
namespace {

class MirrorOracleTest : public test::MirrorFixture {
 protected:
  void start(bool divided) {
    gateway_ = std::make_unique<test::RealGateway>(folder_);
    ASSERT_TRUE(gateway_->feed().define(test::small_schema(), "rules", divided).has_value());
    store::Batch batch("s");
    batch.set_loading(false);
    ASSERT_TRUE(gateway_->feed().commit(batch, nullptr).has_value());
  }
  /// Random puts, deletes and moves in one commit; `truth_` is what the feed holds afterwards.
  void commit_some(const std::vector<std::string>& partitions) {
    store::Batch batch("s");
    for (int i = 0; i < 40; ++i) {
      const std::string id = std::to_string(random_() % 300);
      if (random_() % 4 == 0) {
        batch.remove(id);
        truth_.erase(id);
        continue;
      }
      std::set<std::string> in = {partitions[random_() % partitions.size()]};
      if (random_() % 4 == 0) in.insert(partitions[random_() % partitions.size()]);
      const std::vector<std::string> sorted(in.begin(), in.end());
      const std::string content = test::small_content(static_cast<int>(random_() % 1000));
      batch.put(id, id, content, sorted);
      truth_[id] = content;
    }
    auto done = gateway_->feed().commit(batch, nullptr);
    ASSERT_TRUE(done.has_value()) << done.error().message;
  }
  MirrorOptions real_options() {
    MirrorOptions out;
    out.url = gateway_->url();
    out.file = file_;
    out.once = true;
    out.first_backoff = std::chrono::milliseconds(1);
    out.large = 1;
    return out;
  }
  void run_rounds(const std::vector<std::string>& partitions) {
    const std::uint64_t seed = std::random_device{}();
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    random_.seed(seed);
    commit_some(partitions);
    for (int round = 0; round < 12; ++round) {
      for (int i = 0; i < 5; ++i) commit_some(partitions);
      if (round % 3 == 2) {
        for (const auto& part : gateway_->feed().state().partitions) {
          ASSERT_TRUE(gateway_->feed().purge(part.name, part.standing.head).has_value());
        }
      }
      auto summary = run(real_options());
      ASSERT_TRUE(summary.has_value()) << summary.error().message;
      ASSERT_TRUE(summary->verified()) << summary->text();
      ASSERT_EQ(stored(), truth_);
    }
  }

  std::unique_ptr<test::RealGateway> gateway_;
  std::mt19937_64 random_;
  std::map<std::string, std::string> truth_;
};

TEST_F(MirrorOracleTest, AnUndividedFeedOfTheRealGateway) {
  start(false);
  run_rounds({""});
}

TEST_F(MirrorOracleTest, ADividedFeedOfTheRealGateway) {
  start(true);
  run_rounds({"east", "north", "south"});
}

TEST_F(MirrorOracleTest, FollowsLive) {
  start(false);
  commit_some({""});
  MirrorOptions wanted = real_options();
  wanted.once = false;
  follow(wanted);
  for (int i = 0; i < 20; ++i) {
    commit_some({""});
    const std::string digest = gateway_->feed().state().partitions.at(0).digest.text();
    wait_until([&](const auto& all) { return !all.empty() && all.back().digest == digest; });
  }
  ASSERT_TRUE(stop().has_value());
  EXPECT_EQ(stored(), truth_);
}

}  // namespace
}  // namespace meshgate::device
