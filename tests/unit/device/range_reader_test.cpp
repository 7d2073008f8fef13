#include "gateway/device/range_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/device/ledger.hpp"
#include "tests/unit/device/mirror_fixture.hpp"
#include "tests/unit/device/real_gateway.hpp"

namespace meshgate::device {
namespace {

const Epoch kEpoch{{7, 7}};

Mark within_range(std::uint64_t seq, std::uint64_t head, std::uint64_t floor) {
  Mark out;
  out.cursor.seq = Seq{seq};
  out.cursor.high = Seq{head};
  out.floor = Seq{floor};
  return out;
}

Cursor at(std::uint64_t seq, std::uint64_t low, std::uint64_t high) { return {kEpoch, Seq{seq}, Seq{low}, Seq{high}}; }

TEST(PlaceMark, JoinsTheHeadsOfAllRenderings) {
  Cursor cursor;
  for (const auto& [seq, head, low, high] : std::vector<std::array<std::uint64_t, 4>>{{10, 90, 90, 90}, {64, 90, 90, 90}, {128, 200, 90, 200}, {192, 195, 90, 200}}) {
    Mark mark = within_range(seq, head, 0);
    ASSERT_TRUE(place_mark(mark, cursor, kEpoch));
    cursor = mark.cursor;
    EXPECT_EQ(cursor, at(seq, low, high));
    EXPECT_FALSE(mark.caught_up);
  }
}

TEST(PlaceMark, ARenderingThatForgotDeletesSendsAway) {
  Mark mark = within_range(128, 300, 95);
  EXPECT_FALSE(place_mark(mark, at(64, 90, 200), kEpoch));
  mark = within_range(128, 300, 90);
  EXPECT_TRUE(place_mark(mark, at(64, 90, 200), kEpoch));
  mark = within_range(128, 300, 299);
  EXPECT_TRUE(place_mark(mark, Cursor{}, kEpoch)) << "nobody is sent away from the beginning";
  mark = within_range(128, 300, 0);
  EXPECT_FALSE(place_mark(mark, at(64, 90, 200), Epoch{{8, 8}}));
}

TEST(ParseRanges, RefusesWhatDoesNotFollowEachOther) {
  const std::string epoch = "\"epoch\":\"" + kEpoch.bits.hex() + "\"";
  EXPECT_EQ(parse_ranges("{" + epoch + R"(,"ranges":[{"after":0,"to":64,"at":64},{"after":64,"to":128,"at":200}]})")->ranges.size(), 2U);
  for (const char* bad : {R"([{"after":1,"to":64,"at":64}])", R"([{"after":0,"to":64,"at":63}])", R"([{"after":0,"to":64}])", R"([{"after":0,"to":0,"at":1}])",
                          R"([{"after":0,"to":64,"at":64},{"after":65,"to":128,"at":200}])", "7"}) {
    EXPECT_FALSE(parse_ranges("{" + epoch + ",\"ranges\":" + bad + "}")) << bad;
  }
  EXPECT_FALSE(parse_ranges(R"({"ranges":[]})"));
  EXPECT_FALSE(parse_ranges("no JSON"));
}

/// A real node with a feed of many ranges.
class RangeReaderTest : public test::MirrorFixture {
 protected:
  RangeReaderTest() : gateway_(folder_) {
    EXPECT_TRUE(gateway_.feed().define(test::small_schema(), "rules", false).has_value());
    store::Batch batch("s");
    const std::vector<std::string> whole{""};
    for (int i = 0; i < 2000; ++i) batch.put(std::to_string(i), std::to_string(i), test::small_content(i), whole);
    batch.set_loading(false);
    EXPECT_TRUE(gateway_.feed().commit(batch, nullptr).has_value());
    auto offered = ask_ranges(asker_, gateway_.url(), "orders", std::nullopt);
    EXPECT_TRUE(offered.has_value()) << offered.error().message;
    if (offered) offered_ = *offered;
    for (int i = 0; i < 4; ++i) helpers_.push_back(&clients_.emplace_back());
  }
  RangePlan plan(Seq beyond = Seq{0}) {
    RangePlan out;
    out.url = gateway_.url() + "/feeds/orders/changes?after=";
    out.offered = offered_;
    out.place = "orders";
    out.columns = std::make_shared<const Columns>(widened({}, test::small_schema()));
    out.schema = [columns = out.columns](const Schema&) -> Result<std::shared_ptr<const Columns>> { return columns; };
    out.beyond = beyond;
    return out;
  }

  test::RealGateway gateway_;
  net::HttpClient asker_;
  OfferedRanges offered_;
  std::list<net::HttpClient> clients_;
  std::vector<net::HttpClient*> helpers_;
};

TEST_F(RangeReaderTest, PiecesComeInTheOrderOfTheList) {
  ASSERT_GT(offered_.ranges.size(), 8U);
  for (const std::uint64_t beyond : {0U, 100U}) {
    Seq last{beyond};
    const auto all = RangeReader(plan(Seq{beyond}), helpers_).run([&](Piece& piece) {
      for (const Change& change : piece.changes) {
        const Seq seq = std::get<Put>(change).row.seq;
        EXPECT_EQ(seq, next(last));
        last = seq;
      }
      return true;
    });
    ASSERT_TRUE(all.has_value()) << all.error().message;
    EXPECT_TRUE(*all);
    EXPECT_EQ(last, offered_.ranges.back().to);
  }
}

TEST_F(RangeReaderTest, EndsWhenItIsToldTo) {
  int pieces = 0;
  const auto all = RangeReader(plan(), helpers_).run([&](Piece&) { return ++pieces < 3; });
  ASSERT_TRUE(all.has_value()) << all.error().message;
  EXPECT_FALSE(*all);
  EXPECT_EQ(pieces, 3);
}

TEST_F(RangeReaderTest, SaysThatARangeIsNoMore) {
  offered_.ranges[2].at = Seq{1999};
  int pieces = 0;
  const auto all = RangeReader(plan(), helpers_).run([&](Piece&) { return ++pieces < 100; });
  ASSERT_FALSE(all.has_value());
  EXPECT_EQ(all.error().code, Code::not_found);
  EXPECT_EQ(pieces, 2);
}

}  // namespace
}  // namespace meshgate::device
