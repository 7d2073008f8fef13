#include "gateway/publish/comparison.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/publish/remembered_target.hpp"
#include "tests/unit/store/folder.hpp"

namespace meshgate::publish {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class ComparisonTest : public ::testing::Test {
 protected:
  store::Folder folder_;
  std::unique_ptr<store::Store> store_ = store::opened(folder_ / "data");
  std::shared_ptr<store::Feed> feed_ = store::feed_of(*store_);
  base::Log log_{base::Level::error};
  RememberedTarget target_;

  Seq compare(std::size_t most = 1000) {
    const Publication publication = publication_to(target_, "f");
    auto writer = Writer::open(publication, feed_->state(), log_);
    EXPECT_TRUE(writer) << writer.error().message;
    auto through = Comparison(*feed_, **writer, most).run();
    EXPECT_TRUE(through) << through.error().message;
    return through ? *through : Seq{0};
  }

  void put(const std::string& id, const std::string& content = "{}", const store::Names& partitions = store::kWhole) { store::commit(*feed_, store::put(id, id, content, partitions)); }

  /// "+id" and "-id" of what was written.
  std::vector<std::string> written() {
    std::vector<std::string> out;
    for (const auto& record : target_.records) out.push_back((record.gone ? "-" : "+") + record.id);
    return out;
  }
};

TEST_F(ComparisonTest, AnEmptyTargetGetsAll) {
  put("1");
  put("2");
  EXPECT_EQ(compare(), Seq{2});
  EXPECT_THAT(written(), ElementsAre("+1", "+2"));
  EXPECT_EQ(target_.records[1].through, 2U);
  EXPECT_EQ(target_.records[1].seq, 2U);
}

TEST_F(ComparisonTest, OnlyWhatDiffersIsWritten) {
  for (const char* id : {"1", "2", "3", "4"}) put(id);
  compare();
  target_.records.push_back({.id = "unknown", .rev = "1-00000000000000000000000000000000", .content = {}, .partitions = {}});
  target_.records.push_back({.id = "theirs", .rev = {}, .content = {}, .partitions = {}, .foreign = true});
  const std::size_t before = target_.records.size();
  put("2", R"({"a":1})");
  store::commit(*feed_, store::removed("3"));
  EXPECT_EQ(compare(), Seq{6});
  target_.records.erase(target_.records.begin(), target_.records.begin() + static_cast<std::ptrdiff_t>(before));
  EXPECT_THAT(written(), UnorderedElementsAre("+2", "-3", "-unknown"));
  EXPECT_EQ(target_.records.back().through, 6U);
}

TEST_F(ComparisonTest, NothingIsWrittenWhereAllIsEqual) {
  put("1");
  compare();
  target_.records[0].through = 0;
  EXPECT_EQ(compare(), Seq{1});
  EXPECT_EQ(target_.records.size(), 1U);
}

TEST_F(ComparisonTest, OtherPartitionsDiffer) {
  ASSERT_TRUE(feed_->define({}, "", true));
  put("1", "{}", {"a"});
  put("2", "{}", {"a", "b"});
  compare();
  target_.records[0].partitions = {"b"};
  compare();
  EXPECT_THAT(written(), ElementsAre("+1", "+2", "+1"));
}

TEST_F(ComparisonTest, SliceBySliceItIsTheSame) {
  for (int i = 0; i < 200; ++i) put(std::to_string(i));
  compare();
  for (int i = 0; i < 200; i += 10) put(std::to_string(i), R"({"a":1})");
  const std::size_t before = target_.records.size();
  compare(10);
  EXPECT_EQ(target_.records.size(), before + 20);
  EXPECT_GT(target_.folds, 15);
  EXPECT_EQ(target_.batches.back(), 20U);
}

}  // namespace
}  // namespace meshgate::publish
