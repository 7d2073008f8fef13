#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <random>

#include "gateway/device/mirror.hpp"
#include "tests/unit/device/canned_node.hpp"
#include "tests/unit/device/mirror_fixture.hpp"
#include "tests/unit/device/real_gateway.hpp"

namespace meshgate::device {
namespace {

/// What the child does: mirror `once` in a process of its own, to be killed at any moment.
[[noreturn]] void mirror_in_child(const MirrorOptions& options) {
  auto mirror = Mirror::open(options, {});
  if (!mirror) std::_Exit(2);
  auto summary = (*mirror)->run();
  std::_Exit(summary && summary->verified() ? 0 : 1);
}

class MirrorKillTest : public test::MirrorFixture {
 protected:
  /// Starts the program again as a child, since a process with threads cannot go on after fork().
  static pid_t start(const std::string& url, const std::string& file) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    ::execl("/proc/self/exe", "mirror_kill_test", "--mirror", url.c_str(), file.c_str(), static_cast<char*>(nullptr));
    std::_Exit(3);
  }
};

TEST_F(MirrorKillTest, KilledAtAnyMomentEndsTheSame) {
  const std::uint64_t seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  const int kills = std::getenv("MESHGATE_LONG") != nullptr ? 200 : 20;
  test::CannedNode node(test::small_schema());
  node.set_page(200);
  int next = 0;
  for (int round = 0; round < kills; ++round) {
    for (int i = 0; i < 1500; ++i) {
      const int id = static_cast<int>(random() % 20000);
      random() % 5 == 0 ? node.remove(std::to_string(id)) : node.put(std::to_string(id), test::small_content(next++));
    }
    if (random() % 6 == 0) node.purge();
    if (random() % 8 == 0) node.new_epoch();
    const pid_t child = start(node.url(), file_);
    const timespec pause{0, static_cast<long>(random() % 120) * 1000000};
    ::nanosleep(&pause, nullptr);  // the moment of the kill, not a synchronisation
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << "round " << round << ", status " << status;
  }
  EXPECT_TRUE(once(node).verified());
  EXPECT_EQ(stored(), node.contents());
  EXPECT_EQ(sql("PRAGMA integrity_check"), "ok");
}

/// The first download in ranges, of renderings as old as they come, killed again and again.
TEST_F(MirrorKillTest, KilledWithinARangeItGoesOn) {
  const std::uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  const int kills = std::getenv("MESHGATE_LONG") != nullptr ? 200 : 20;
  test::RealGateway gateway(folder_);
  ASSERT_TRUE(gateway.feed().define(test::small_schema(), "rules", false).has_value());
  const std::vector<std::string> whole{""};
  for (int round = 0; round < kills; ++round) {
    store::Batch batch("s");
    batch.set_loading(false);
    for (int i = 0; i < 2000; ++i) {
      const std::string id = std::to_string(random() % 20000);
      if (random() % 5 == 0) batch.remove(id);
      else batch.put(id, id, test::small_content(static_cast<int>(random() % 100000)), whole);
    }
    ASSERT_TRUE(gateway.feed().commit(batch, nullptr).has_value());
    if (random() % 4 == 0) {
      ASSERT_TRUE(gateway.feed().purge("", gateway.feed().standing("")->head).has_value());
    }
    const pid_t child = start(gateway.url(), file_);
    const timespec pause{0, static_cast<long>(random() % 120) * 1000000};
    ::nanosleep(&pause, nullptr);  // the moment of the kill, not a synchronisation
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << "round " << round << ", status " << status;
  }
  MirrorOptions wanted;
  wanted.url = gateway.url();
  wanted.file = file_;
  wanted.once = true;
  wanted.large = 1;
  const auto summary = run(wanted);
  ASSERT_TRUE(summary.has_value()) << summary.error().message;
  EXPECT_TRUE(summary->verified()) << summary->text();
  EXPECT_EQ(summary->parts.at(0).digest, gateway.feed().state().partitions.at(0).digest.text());
  EXPECT_EQ(sql("PRAGMA integrity_check"), "ok");
}

/// A divided feed whose node is put back to a backup again and again: its partitions are repaired, killed between any two of them.
TEST_F(MirrorKillTest, KilledWithinARepairItGoesOn) {
  const std::uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  const int rounds = std::getenv("MESHGATE_LONG") != nullptr ? 60 : 6;
  const std::vector<std::string> partitions{"east", "north", "south", "west"};
  const auto open = [&](int round) {
    std::filesystem::create_directories(folder_ + "/" + std::to_string(round));
    return std::make_unique<test::RealGateway>(folder_ + "/" + std::to_string(round));
  };
  auto gateway = open(0);
  ASSERT_TRUE(gateway->feed().define(test::small_schema(), "rules", true));
  const auto change = [&](int times) {
    store::Batch batch("s");
    batch.set_loading(false);
    for (int i = 0; i < times; ++i) {
      const std::string id = std::to_string(random() % 4000);
      std::vector<std::string> in;
      for (const std::string& name : partitions) {
        if (random() % 3 == 0) in.push_back(name);
      }
      if (in.empty()) batch.remove(id);
      else batch.put(id, id, test::small_content(static_cast<int>(random() % 10)), in);
    }
    ASSERT_TRUE(gateway->feed().commit(batch, nullptr));
  };
  const auto run_for_a_while = [&](long most_milliseconds) {
    const pid_t child = start(gateway->url(), file_);
    const timespec pause{0, static_cast<long>(random() % static_cast<std::uint64_t>(most_milliseconds)) * 1000000};
    ::nanosleep(&pause, nullptr);  // the moment of the kill, not a synchronisation
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << "status " << status;
  };
  MirrorOptions wanted;
  wanted.file = file_;
  wanted.once = true;
  wanted.first_backoff = std::chrono::milliseconds(1);
  change(6000);
  for (int round = 1; round <= rounds; ++round) {
    ASSERT_TRUE(gateway->store().backup(folder_ + "/backup"));
    change(60);
    wanted.url = gateway->url();
    ASSERT_TRUE(run(wanted));
    gateway.reset();
    std::filesystem::create_directories(folder_ + "/" + std::to_string(round));
    ASSERT_TRUE(store::Store::restore(folder_ + "/backup", folder_ + "/" + std::to_string(round) + "/data"));
    std::filesystem::remove_all(folder_ + "/backup");
    gateway = open(round);
    change(60);
    for (int kills = 0; kills < 6; ++kills) run_for_a_while(100);
    wanted.url = gateway->url();
    const auto summary = run(wanted);
    ASSERT_TRUE(summary.has_value()) << summary.error().message;
    EXPECT_TRUE(summary->verified()) << summary->text();
    ASSERT_EQ(test::listed(held_items()), test::listed(test::published(gateway->feed(), partitions)));
  }
  EXPECT_EQ(sql("PRAGMA integrity_check"), "ok");
}

}  // namespace
}  // namespace meshgate::device

int main(int argc, char** argv) {
  if (argc == 4 && std::string(argv[1]) == "--mirror") {
    meshgate::device::MirrorOptions options;
    options.url = argv[2];
    options.file = argv[3];
    options.once = true;
    options.large = 1;
    options.first_backoff = std::chrono::milliseconds(1);
    meshgate::device::mirror_in_child(options);
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
