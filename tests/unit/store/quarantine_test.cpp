#include "tests/unit/store/folder.hpp"

namespace meshgate::store {
namespace {

class QuarantineTest : public testing::Test {
 protected:
  std::string content(const std::string& id) {
    const auto item = feed_->item(id);
    return item && *item ? (*item)->content : "none";
  }
  Outcome quarantine(const std::string& key, const std::string& reason, const std::string& raw) {
    Batch batch("rows");
    batch.quarantine(key, reason, raw);
    return commit(*feed_, batch);
  }
  std::size_t kept() {
    std::size_t out = 0;
    std::string after;
    for (auto page = feed_->quarantined(after, 1000); page && !page->empty(); page = feed_->quarantined(after, 1000)) {
      out += page->size();
      after = page->back().key;
    }
    return out;
  }

  Folder folder_;
  std::unique_ptr<Store> store_ = opened(folder_ / "data");
  std::shared_ptr<Feed> feed_ = feed_of(*store_);
};

TEST_F(QuarantineTest, AQuarantinedRecordKeepsItsItemAndCountsAsSeen) {
  commit(*feed_, put("1", R"({"good":1})"));
  commit(*feed_, put("2", "{}"));
  Batch batch("rows");
  batch.quarantine("1", "the date is not a date", "1;2026-99-99");
  Seen seen;
  commit(*feed_, batch, &seen);
  EXPECT_EQ(content("1"), R"({"good":1})");
  const auto unseen = feed_->unseen("rows", seen, "", 10);
  ASSERT_EQ(unseen->size(), 1U);
  EXPECT_EQ(unseen->front().id, "2");
  commit(*feed_, batch);
  EXPECT_EQ(feed_->quarantined("", 10)->front().times, 2U);
  EXPECT_EQ(feed_->state().quarantined, 1U);
}

TEST_F(QuarantineTest, AGoodRecordOrADeleteClearsTheQuarantine) {
  Batch batch("rows");
  batch.quarantine("1", "bad", "");
  batch.quarantine("2", "bad", "");
  batch.quarantine("", "no key", "raw");
  commit(*feed_, batch);
  EXPECT_EQ(feed_->state().quarantined, 3U);
  commit(*feed_, put("1", "{}"));
  commit(*feed_, removed("2"));
  const auto left = feed_->quarantined("", 10);
  ASSERT_EQ(left->size(), 1U);
  const std::string nameless = left->front().key;
  EXPECT_TRUE(nameless.starts_with("?") && nameless.size() == 17) << nameless;
  EXPECT_TRUE(feed_->drop_quarantined("rows", nameless));
  EXPECT_EQ(feed_->drop_quarantined("rows", nameless).error().code, Code::not_found);
  EXPECT_EQ(feed_->state().quarantined, 0U);
}

TEST_F(QuarantineTest, TheQuarantineIsBounded) {
  Batch batch("rows");
  for (int i = 0; i < 10'005; ++i) batch.quarantine(std::to_string(i), "bad", "raw");
  Batch end("rows");
  end.set_scanned({now(), 10'005});
  for (int scan = 0; scan < 2; ++scan) {
    commit(*feed_, batch);
    commit(*feed_, end);
  }
  EXPECT_EQ(feed_->state().quarantined, 10'005U);
  std::size_t kept = 0;
  std::string after;
  for (auto page = feed_->quarantined(after, 1000); !page->empty(); page = feed_->quarantined(after, 1000)) {
    kept += page->size();
    after = page->back().key;
  }
  EXPECT_EQ(kept, 10'000U);
}

TEST_F(QuarantineTest, AGoodRecordClearsAlsoWhatItsOwnBatchPutThere) {
  Batch batch("rows");
  batch.quarantine("1", "bad", "");
  batch.put("1", "1", "{}", kWhole);
  batch.put("2", "2", "{}", kWhole);
  batch.quarantine("2", "bad", "");
  commit(*feed_, batch);
  ASSERT_EQ(feed_->state().quarantined, 1U);
  EXPECT_EQ(feed_->quarantined("", 10)->front().key, "2");
}

TEST_F(QuarantineTest, IsBoundedInBytesAndRenewsWhatIsThere) {
  const std::string raw(kMaxRaw, 'x');
  constexpr std::uint64_t kFit = kMaxQuarantineBytes / (kMaxRaw + 4 + 4);
  Batch batch("rows");
  for (std::uint64_t i = 0; i < kFit + 20; ++i) batch.quarantine(std::to_string(1000 + i), "bad!", raw);
  EXPECT_EQ(commit(*feed_, batch).beyond, 20U);
  EXPECT_EQ(kept(), kFit);
  EXPECT_EQ(feed_->state().quarantined, kFit + 20);
  EXPECT_EQ(feed_->state().beyond, 20U);
  EXPECT_EQ(quarantine("1000", "another reason, which is longer", raw).beyond, 0U);
  EXPECT_EQ((*feed_->quarantined_record("rows", "1000"))->reason, "another reason, which is longer");
  EXPECT_EQ(quarantine("9999999", "no room", raw).beyond, 1U);
  EXPECT_FALSE(feed_->quarantined_record("rows", "9999999")->has_value());
}

TEST_F(QuarantineTest, HasRoomAgainAfterAnEntryWentAlsoAfterARestart) {
  const std::string raw(kMaxRaw, 'x');
  Batch batch("rows");
  for (int i = 0; i < 5000; ++i) batch.quarantine(std::to_string(10000 + i), "bad", raw);
  commit(*feed_, batch);
  feed_.reset();
  store_.reset();
  store_ = opened(folder_ / "data");
  feed_ = feed_of(*store_);
  const std::size_t before = kept();
  EXPECT_EQ(quarantine("99999", "bad", raw).beyond, 1U);
  EXPECT_TRUE(feed_->drop_quarantined("rows", "10000"));
  EXPECT_EQ(quarantine("99999", "bad", raw).beyond, 0U);
  EXPECT_EQ(kept(), before);
  EXPECT_GT(feed_->state().beyond, 0U) << "what was only counted is not forgotten because there is room for one";
}

TEST_F(QuarantineTest, LongReasonsAndRawFormsAreCut) {
  quarantine("1", std::string(5000, 'r'), std::string(9000, 'x'));
  const auto kept = *feed_->quarantined_record("rows", "1");
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->reason.size(), kMaxReason);
  EXPECT_EQ(kept->raw.size(), kMaxRaw);
}

TEST_F(QuarantineTest, OneRecordIsFoundByStreamAndKey) {
  quarantine("1", "bad", "raw");
  EXPECT_EQ((*feed_->quarantined_record("rows", "1"))->raw, "raw");
  EXPECT_FALSE(feed_->quarantined_record("rows", "2")->has_value());
  EXPECT_FALSE(feed_->quarantined_record("other", "1")->has_value());
}

}  // namespace
}  // namespace meshgate::store
