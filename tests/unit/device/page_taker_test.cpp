#include "gateway/device/page_taker.hpp"

#include "tests/unit/device/mirror_fixture.hpp"

namespace meshgate::device {
namespace {

/// Pages of one item each, of a feed in one epoch.
class PageTakerTest : public test::MirrorFixture {
 protected:
  void SetUp() override {
    auto opened = MirrorFile::open(file_);
    ASSERT_TRUE(opened) << opened.error().message;
    held_ = std::move(*opened);
  }
  [[nodiscard]] static Cursor at(int seq) { return seq == 0 ? Cursor{} : Cursor{{{1, 1}}, Seq{static_cast<std::uint64_t>(seq)}, Seq{0}, Seq{0}}; }
  /// `whole`: the last there is.
  [[nodiscard]] MirrorPage page(int after, bool whole = false) {
    MirrorPage out{.feed = "orders", .uid = std::string(32, '1'), .divided = false, .schema = test::small_schema(), .partition = "", .after = at(after), .lines = {}, .mark = {}};
    const std::string id = std::to_string(after + 1);
    const std::string content = test::small_content(after + 1);
    const Revision revision{1, content_hash(id, content)};
    append_put(out.lines, Seq{static_cast<std::uint64_t>(after + 1)}, id, revision, Micros{1}, content);
    digest_.add(revision.hash);
    out.mark.cursor = at(after + 1);
    out.mark.caught_up = whole;
    out.mark.count = static_cast<std::uint64_t>(after + 1);
    out.mark.digest = digest_;
    return out;
  }
  [[nodiscard]] ReaderState standing() { return held_->standing(*held_->held().at(0)); }

  std::unique_ptr<MirrorFile> held_;
  Digest digest_;
};

TEST_F(PageTakerTest, PagesOneBehindTheOtherBecomeAProvedCopy) {
  PageTaker taker(*held_, true);
  for (int i = 0; i < 3; ++i) {
    const Status taken = taker.take(page(i, i == 2));
    ASSERT_TRUE(taken) << taken.error().message;
  }
  EXPECT_EQ(standing().count, 3U);
  EXPECT_NE(standing().verified, Micros{0});
  held_.reset();
  EXPECT_EQ(stored().size(), 3U);
}

TEST_F(PageTakerTest, APageThatBeginsElsewhereIsLeftOut) {
  PageTaker taker(*held_, true);
  ASSERT_TRUE(taker.take(page(0)));
  ASSERT_TRUE(taker.take(page(2)));
  ASSERT_TRUE(taker.take(page(0)));
  EXPECT_EQ(standing().cursor, at(1));
  EXPECT_EQ(standing().count, 1U);
}

TEST_F(PageTakerTest, WhatIsNotWhatItsRevisionSaysIsRefusedWhole) {
  PageTaker taker(*held_, true);
  ASSERT_TRUE(taker.take(page(0)));
  auto lie = page(1);
  lie.lines.replace(lie.lines.find(".50"), 3, ".51");
  EXPECT_EQ(taker.take(lie).error().code, Code::corrupt);
  EXPECT_EQ(standing().cursor, at(1));
}

TEST_F(PageTakerTest, AFieldThatIsNewGetsItsColumn) {
  PageTaker taker(*held_, true);
  ASSERT_TRUE(taker.take(page(0)));
  auto next = page(1);
  next.schema.version = 2;
  next.schema.fields.push_back({"note", Type::text, true, 0, {}});
  ASSERT_TRUE(taker.take(next));
  ASSERT_TRUE(held_->commit());
  EXPECT_EQ(sql("SELECT CAST(count(*) AS TEXT) FROM orders WHERE note IS NULL"), "2");
}

}  // namespace
}  // namespace meshgate::device
