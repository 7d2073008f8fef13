#include "tests/unit/store/folder.hpp"

namespace meshgate::store {
namespace {

/// What rehearsals and commits of the same batches say; nothing of a rehearsal may be left behind.
class RehearsalTest : public testing::Test {
 protected:
  /// "+id" added, "~id" changed, "-id" removed, "!key" quarantined, in the order told.
  std::string told(const Batch& batch, Seen* seen = nullptr) {
    std::string out;
    const auto note = [&](const Difference& one) {
      constexpr std::string_view kMarks = "+~-!";
      const bool item = one.kind != Difference::Kind::quarantined;
      out.append(out.empty() ? "" : " ").append(1, kMarks[static_cast<std::size_t>(one.kind)]).append(item ? one.id : one.key);
      if (item && one.kind != Difference::Kind::removed) out.append(":").append(one.content);
      for (const auto name : one.partitions) out.append("@").append(name);
    };
    const Seq before = feed_->state().seq;
    auto outcome = feed_->rehearse(batch, seen, note);
    EXPECT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(feed_->state().seq, before);
    if (outcome) outcome_ = *outcome;
    return out;
  }

  Folder folder_;
  std::unique_ptr<Store> store_ = opened(folder_ / "data");
  std::shared_ptr<Feed> feed_ = feed_of(*store_);
  Outcome outcome_;
};

TEST_F(RehearsalTest, TellsWhatACommitWouldDoAndWritesNothing) {
  Batch first("rows");
  first.put("1", "1", R"({"a":1})", kWhole);
  first.put("2", "2", R"({"a":2})", kWhole);
  first.put("3", "3", R"({"a":3})", kWhole);
  first.put("4", "4", R"({"a":4})", Names{"north"});
  EXPECT_EQ(told(first), R"(+1:{"a":1}@ +2:{"a":2}@ +3:{"a":3}@ +4:{"a":4}@north)");
  EXPECT_EQ(feed_->state().count, 0U);
  commit(*feed_, first);

  Batch second("rows");
  second.put("1", "1", R"({"a":1})", kWhole);
  second.put("2", "2", R"({"a":20})", kWhole);
  second.remove("3");
  second.put("4", "4", R"({"a":4})", Names{"south"});
  second.put("5", "5", R"({"a":5})", kWhole);
  second.quarantine("6", "bad", "raw");
  EXPECT_EQ(told(second), R"(!6 ~2:{"a":20}@ -3 ~4:{"a":4}@south +5:{"a":5}@)");
  const Outcome would = outcome_;
  EXPECT_EQ(feed_->state().quarantined, 0U);
  EXPECT_EQ(told(second), R"(!6 ~2:{"a":20}@ -3 ~4:{"a":4}@south +5:{"a":5}@)");
  const Outcome did = commit(*feed_, second);
  EXPECT_EQ(did.added, would.added);
  EXPECT_EQ(did.changed, would.changed);
  EXPECT_EQ(did.unchanged, would.unchanged);
  EXPECT_EQ(did.removed, would.removed);
  EXPECT_EQ(did.quarantined, would.quarantined);
  EXPECT_EQ(told(second), "!6");
  expect_whole(*feed_);
}

TEST_F(RehearsalTest, AnotherIdOfAKeyRemovesTheOldItem) {
  commit(*feed_, put("k", "old", "{}"));
  EXPECT_EQ(told(put("k", "new", "{}")), "+new:{}@ -old");
}

TEST_F(RehearsalTest, AnIdThatBelongsToAnotherKeyWouldBeQuarantined) {
  commit(*feed_, put("k1", "x", "{}"));
  EXPECT_EQ(told(put("k2", "x", R"({"a":1})")), "!k2");
  EXPECT_EQ(outcome_.quarantined, 1U);
}

TEST_F(RehearsalTest, SeenGetsThePresentItemsThatWereTouchedOrQuarantined) {
  for (const char* id : {"1", "2", "3", "4", "5"}) commit(*feed_, put(id, R"({"a":1})"));
  Batch batch("rows");
  batch.put("1", "1", R"({"a":1})", kWhole);
  batch.put("2", "2", R"({"a":2})", kWhole);
  batch.remove("3");
  batch.quarantine("4", "bad", "");
  batch.put("9", "9", "{}", kWhole);
  Seen seen;
  told(batch, &seen);
  EXPECT_EQ(seen.count(), 4U);
  const auto unseen = feed_->unseen("rows", seen, "", 10);
  ASSERT_EQ(unseen->size(), 1U);
  EXPECT_EQ(unseen->front().id, "5");
}

}  // namespace
}  // namespace meshgate::store
