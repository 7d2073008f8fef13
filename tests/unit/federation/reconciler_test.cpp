// Two stores that have come apart are made equal again, while the origin is written.
#include "mesh/reconciler.hpp"

#include <gtest/gtest.h>

#include <random>

#include "gateway/store/comparing.hpp"
#include "gateway/store/mending.hpp"
#include "tests/unit/store/cursor_model.hpp"

namespace meshgate::federation {
namespace {

using store::Batch;
using store::Feed;

/// What a node answers, as POST /reconcile does.
ReconcileAnswer answer_of(const Feed& feed, const ReconcileQuestion& question) {
  auto text = store::answer_of(feed, question, 1 << 20);
  EXPECT_TRUE(text) << text.error().message;
  auto out = parse_reconcile_answer(*text);
  EXPECT_TRUE(out) << out.error().message;
  return *out;
}

class ReconcilerTest : public ::testing::Test {
 protected:
  static std::uint64_t seed() {
    const char* given = std::getenv("MESHGATE_TEST_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  }
  void SetUp() override {
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed_));
    open("first");
    ASSERT_TRUE(replica_->adopt({origin_->state().uid, {}, false}));
  }
  void TearDown() override { store::expect_whole(*replica_); }

  void open(const std::string& folder) {
    origin_.reset();
    there_.reset();
    there_ = store::opened(folder_ / folder);
    origin_ = store::feed_of(*there_);
  }
  /// In commits of up to ten.
  void change(int times) {
    while (times > 0) {
      Batch batch("rows");
      for (int i = 0; i < 10 && times > 0; ++i, --times) {
        const std::string id = std::to_string(random_() % 400);
        if (random_() % 4 == 0) batch.remove(id);
        else batch.put(id, id, "{\"a\":" + std::to_string(random_() % 5) + "}", store::kWhole);
      }
      batch.set_loading(false);
      store::commit(*origin_, batch);
    }
  }
  void purge_some() {
    const Seq through{number(origin_->standing("")->head) * (random_() % 100) / 100};
    ASSERT_TRUE(origin_->purge("", through));
  }
  /// Pages until the replica is caught up; a sentence when one is not taken.
  std::string follow() {
    for (int i = 0; i < 1000; ++i) {
      const std::string wrong = store::copy_page(*origin_, *replica_, "", {.entries = 50});
      if (!wrong.empty()) return wrong;
      const auto here = replica_->standing("");
      if (here && here->head == origin_->standing("")->head && !here->unfinished && here->epoch == origin_->state().epoch) return {};
    }
    return "never caught up";
  }
  /// Compares and repairs, while the origin changes between answers.
  Status mend(int changes) {
    const auto pin = *replica_->pin("");
    Reconciler work(pin->standing(), Summed::lines, [&](const SeqRange& range, Seq floor, const TakeEntry& take) -> Status {
      auto read = pin->extract(range.after, range.to, [&](std::string_view lines) {
        each_entry(lines, Summed::lines, floor, take);
        return true;
      });
      return read ? Status() : Status(read.error());
    });
    while (const auto question = work.next()) {
      auto answer = answer_of(*origin_, *question);
      for (const auto& one : answer.given) given_ += one.lines.size();
      if (auto taken = work.take(std::move(answer)); !taken) return taken;
      change(changes);
    }
    auto difference = std::move(work).result();
    const Standing& own = pin->standing();
    return store::mend(*replica_, "", {own.epoch, own.head, std::move(difference.away), std::move(difference.lines), difference.mark});
  }
  void expect_equal() {
    // A replica's floor is the highest it has met; what it may have purged is not compared.
    EXPECT_EQ(replica_->state().partitions.at(0).digest, origin_->state().partitions.at(0).digest);
    EXPECT_EQ(replica_->state().partitions.at(0).count, origin_->state().partitions.at(0).count);
    EXPECT_EQ(replica_->state().epoch, origin_->state().epoch);
    EXPECT_EQ(replica_->standing("")->head, origin_->standing("")->head);
    const auto purged = std::max(origin_->standing("")->floor, replica_->standing("")->floor);
    ASSERT_TRUE(origin_->purge("", purged));
    ASSERT_TRUE(replica_->purge("", purged));
    EXPECT_EQ(store::page(*replica_, "", {}, 100000).lines, store::page(*origin_, "", {}, 100000).lines);
  }

  const std::uint64_t seed_ = seed();
  std::mt19937_64 random_{seed_};
  store::Folder folder_;
  std::unique_ptr<store::Store> there_;
  std::shared_ptr<Feed> origin_;
  std::unique_ptr<store::Store> here_ = store::opened(folder_ / "replica");
  std::shared_ptr<Feed> replica_ = store::feed_of(*here_);
  std::size_t given_ = 0;
};

TEST_F(ReconcilerTest, ACopyThatIsRightIsSentNothing) {
  change(300);
  ASSERT_EQ(follow(), "");
  const auto mended = mend(0);
  ASSERT_TRUE(mended) << mended.error().message;
  EXPECT_EQ(given_, 0U);
  expect_equal();
}

TEST_F(ReconcilerTest, AfterARestoreOnlyWhatWasLostAndWhatIsNewTravels) {
  for (int round = 0; round < 4; ++round) {
    change(400);
    ASSERT_TRUE(there_->backup(folder_ / ("backup" + std::to_string(round))));
    change(60);
    ASSERT_EQ(follow(), "");
    origin_.reset();
    there_.reset();
    ASSERT_TRUE(store::Store::restore(folder_ / ("backup" + std::to_string(round)), folder_ / ("again" + std::to_string(round))));
    open("again" + std::to_string(round));
    change(40);
    if (round % 2 == 1) purge_some();
    const auto mended = mend(round % 2 == 0 ? 0 : 3);
    ASSERT_TRUE(mended) << mended.error().message;
    ASSERT_EQ(follow(), "");
    expect_equal();
  }
}

TEST_F(ReconcilerTest, WhatWasLeftOutInTheSameOrderComes) {
  change(400);
  ASSERT_EQ(follow(), "");
  for (int round = 0; round < 5; ++round) {
    change(50);
    auto page = *origin_->changes("", replica_->followed(""), {});
    // A peer that leaves out every fifth line and does not say that it is caught up.
    std::string some;
    int count = 0;
    for (std::size_t at = 0; at < page.lines.size();) {
      const auto end = page.lines.find('\n', at) + 1;
      if (count++ % 5 != 0) some += page.lines.substr(at, end - at);
      at = end;
    }
    page.mark.caught_up = false;
    ASSERT_TRUE(replica_->follow("", replica_->followed(""), some, page.mark));
    EXPECT_NE(replica_->state().partitions.at(0).digest, origin_->state().partitions.at(0).digest);
    const auto mended = mend(round);
    ASSERT_TRUE(mended) << mended.error().message;
    ASSERT_EQ(follow(), "");
    expect_equal();
  }
}

TEST_F(ReconcilerTest, WhatHasExpiredGoes) {
  change(300);
  ASSERT_TRUE(there_->backup(folder_ / "backup"));
  change(20);
  ASSERT_EQ(follow(), "");
  origin_.reset();
  there_.reset();
  ASSERT_TRUE(store::Store::restore(folder_ / "backup", folder_ / "again"));
  open("again");
  ASSERT_TRUE(origin_->trim("", Seq{150}));
  const auto mended = mend(0);
  ASSERT_TRUE(mended) << mended.error().message;
  ASSERT_EQ(follow(), "");
  expect_equal();
}

TEST_F(ReconcilerTest, APeerThatIsBehindInTheSameOrderIsNotBelieved) {
  change(100);
  ASSERT_EQ(follow(), "");
  const auto pin = *replica_->pin("");
  Reconciler work(pin->standing(), Summed::lines, [](const SeqRange&, Seq, const TakeEntry&) { return Status(); });
  ReconcileAnswer answer;
  answer.mark.cursor = {.epoch = pin->standing().epoch, .seq = Seq{number(pin->standing().head) - 1}};
  EXPECT_EQ(work.take(answer).error().code, Code::conflict);
}

TEST_F(ReconcilerTest, AnswersThatWereNotAskedForAreRefused) {
  change(100);
  ASSERT_EQ(follow(), "");
  const auto pin = *replica_->pin("");
  const auto nothing = [](const SeqRange&, Seq, const TakeEntry&) { return Status(); };
  ReconcileAnswer endless;
  endless.mark.cursor = {.epoch = {{9, 9}}, .seq = Seq{100}};
  endless.splits.push_back({{Seq{0}, Seq{100}}, {{Seq{100}, {50, {1, 1}}}}});
  EXPECT_EQ(Reconciler(pin->standing(), Summed::lines, nothing).take(endless).error().code, Code::corrupt);
  ReconcileAnswer lines = endless;
  lines.splits.clear();
  lines.given.push_back({{Seq{0}, Seq{100}}, {}});
  EXPECT_EQ(Reconciler(pin->standing(), Summed::lines, nothing).take(lines).error().code, Code::corrupt);
  endless.splits.clear();
  EXPECT_EQ(Reconciler(pin->standing(), Summed::lines, nothing).take(endless).error().code, Code::corrupt);
}

TEST_F(ReconcilerTest, ALineThatIsNotWhatItsRevisionSaysChangesNothing) {
  change(50);
  ASSERT_EQ(follow(), "");
  const auto before = store::page(*replica_).lines;
  store::Mending mending;
  mending.epoch = replica_->state().epoch;
  mending.head = replica_->standing("")->head;
  mending.mark.cursor = {.epoch = mending.epoch, .seq = next(mending.head)};
  append_put(mending.lines, next(mending.head), "7", {1, {{1, 2}}}, Micros{1}, "{}");
  EXPECT_EQ(store::mend(*replica_, "", mending).error().code, Code::corrupt);
  mending.head = Seq{1};
  EXPECT_EQ(store::mend(*replica_, "", mending).error().code, Code::conflict);
  EXPECT_EQ(store::page(*replica_).lines, before);
}

}  // namespace
}  // namespace meshgate::federation
