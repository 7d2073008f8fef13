#include "gateway/device/cutter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "gateway/device/ledger.hpp"
#include "gateway/device/piece_queue.hpp"
#include "tests/unit/device/mirror_fixture.hpp"

namespace meshgate::device {
namespace {

using testing::HasSubstr;

std::shared_ptr<const Columns> columns_of(const Schema& schema) { return std::make_shared<const Columns>(widened({}, schema)); }

/// Keeps the pieces; schemas are taken as they come.
struct Cut {
  std::vector<std::unique_ptr<Piece>> pieces;
  std::size_t wanted = SIZE_MAX;
  Cutter cutter{"orders", columns_of(test::small_schema()), sink()};

  CutterSink sink() {
    CutterSink out;
    out.piece = [this](std::unique_ptr<Piece> piece) {
      pieces.push_back(std::move(piece));
      return pieces.size() < wanted;
    };
    out.schema = [](const Schema& schema) -> Result<std::shared_ptr<const Columns>> { return columns_of(schema); };
    return out;
  }
};

std::string put_line(std::uint64_t seq, const std::string& content) {
  std::string out;
  append_put(out, Seq{seq}, "id" + std::to_string(seq), {1, content_hash("id" + std::to_string(seq), content)}, Micros{1}, content);
  return out;
}

std::string mark_line(std::uint64_t seq) {
  std::string out;
  Mark mark;
  mark.cursor = {{{1, 1}}, Seq{seq}, Seq{0}, Seq{0}};
  append_mark(out, mark);
  return out;
}

TEST(Cutter, FindsTheSamePiecesWhereverTheBytesAreParted) {
  std::string stream = put_line(1, test::small_content(1)) + put_line(2, "{\"name\":\"a\\u0001\\\"b\"}") + mark_line(2);
  append_gone(stream, Seq{3}, "id1");
  append_trim(stream, Seq{4}, Seq{2});
  stream += mark_line(4);
  for (std::size_t at = 0; at <= stream.size(); ++at) {
    Cut cut;
    ASSERT_TRUE(cut.cutter.take(std::string_view(stream).substr(0, at)));
    ASSERT_TRUE(cut.cutter.take(std::string_view(stream).substr(at)));
    ASSERT_EQ(cut.pieces.size(), 2U) << at;
    const auto& puts = cut.pieces[0]->changes;
    ASSERT_EQ(puts.size(), 2U);
    const NewRow& second = std::get<Put>(puts[1]).row;
    EXPECT_EQ(second.id, "id2");
    EXPECT_TRUE(second.plain);
    std::string again;
    second.split_by->append_content(again, second.cells);
    EXPECT_EQ(again, second.content);
    EXPECT_EQ(std::get<GoneLine>(cut.pieces[1]->changes[0]).id, "id1");
    EXPECT_EQ(std::get<TrimLine>(cut.pieces[1]->changes[1]).through, Seq{2});
    EXPECT_EQ(cut.pieces[1]->mark.cursor.seq, Seq{4});
  }
}

TEST(Cutter, AnItemThatIsNotItsRevisionIsRefusedWithItsPlace) {
  std::string line = put_line(7, test::small_content(1));
  line.replace(line.find("\"name\":\"") + 8, 1, "?");
  Cut cut;
  EXPECT_FALSE(cut.cutter.take(line + mark_line(7)));
  ASSERT_TRUE(cut.cutter.error().has_value());
  EXPECT_EQ(cut.cutter.error()->code, Code::corrupt);
  EXPECT_THAT(cut.cutter.error()->message, HasSubstr("orders: the item 'id7' at seq 7"));
  EXPECT_TRUE(cut.pieces.empty());
}

TEST(Cutter, ASchemaInTheMiddleOfAPieceIsForTheNext) {
  Schema wider = test::small_schema();
  ++wider.version;
  wider.fields.push_back({"zone", Type::text, true, 0, {}});
  std::string stream = put_line(1, "{\"name\":\"a\"}");
  append_schema(stream, wider);
  stream += put_line(2, "{\"name\":\"a\",\"zone\":\"z\"}") + mark_line(2) + put_line(3, "{\"name\":\"a\",\"zone\":\"z\"}") + mark_line(3);
  Cut cut;
  ASSERT_TRUE(cut.cutter.take(stream));
  ASSERT_EQ(cut.pieces.size(), 2U);
  EXPECT_FALSE(std::get<Put>(cut.pieces[0]->changes[1]).row.plain);
  EXPECT_TRUE(std::get<Put>(cut.pieces[1]->changes[0]).row.plain);
}

TEST(Cutter, LeavesTheStreamWhenNoMoreIsWanted) {
  Cut cut;
  cut.wanted = 1;
  EXPECT_FALSE(cut.cutter.take(mark_line(1) + mark_line(2)));
  EXPECT_EQ(cut.pieces.size(), 1U);
  EXPECT_FALSE(cut.cutter.error().has_value());
}

std::unique_ptr<Piece> piece_of(std::uint64_t seq, std::size_t memory) {
  auto out = std::make_unique<Piece>();
  out->mark.cursor.seq = Seq{seq};
  out->memory = memory;
  return out;
}

TEST(PieceQueue, KeepsTheOrderAndTheBound) {
  PieceQueue queue(100);
  std::vector<std::uint64_t> seen;
  std::thread writer([&] {
    queue.drain([&](const Piece& piece) {
      seen.push_back(number(piece.mark.cursor.seq));
      return true;
    });
  });
  for (std::uint64_t i = 1; i <= 200; ++i) ASSERT_TRUE(queue.push(piece_of(i, i % 7 == 0 ? 1000 : 40)));
  EXPECT_TRUE(queue.settle());
  EXPECT_EQ(seen.size(), 200U);
  queue.finish();
  writer.join();
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST(PieceQueue, AWriterThatStopsLetsTheReaderGo) {
  PieceQueue queue(10);
  std::thread writer([&] { queue.drain([](const Piece& piece) { return piece.mark.cursor.seq < Seq{3}; }); });
  std::uint64_t pushed = 0;
  while (queue.push(piece_of(pushed + 1, 10))) ++pushed;
  writer.join();
  EXPECT_GE(pushed, 3U);
  EXPECT_FALSE(queue.settle());
  EXPECT_FALSE(queue.push(piece_of(9, 1)));
}

}  // namespace
}  // namespace meshgate::device
