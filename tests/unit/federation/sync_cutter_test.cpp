#include "gateway/federation/sync_cutter.hpp"

#include <gmock/gmock.h>

#include "mesh/item.hpp"

namespace meshgate::federation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// What a cutter finds, as texts.
class Found {
 public:
  SyncSink sink() {
    return {[this](const Part& part, const std::string& lines, const Mark& mark) {
              all.push_back(part.text() + ": " + std::string(lines) + "at " + mark.cursor.text());
              return going;
            },
            [this](const Part& part, const Schema& schema) {
              all.push_back(part.text() + ": schema " + std::to_string(schema.version));
              return going;
            },
            [this](const Part& part, const NotGiven& told) {
              all.push_back(part.text() + (told.denied ? ": denied" : ": " + std::to_string(told.status) + " " + told.why));
              return going;
            }};
  }
  std::vector<std::string> all;
  bool going = true;
};

constexpr std::string_view kNorth = "{\"of\":{\"feed\":\"orders\",\"partition\":\"north\"}}\n";
constexpr std::string_view kNotes = "{\"of\":{\"feed\":\"notes\",\"partition\":\"\"}}\n";
const std::string kEpoch(32, 'a');

std::string gone(int seq) {
  std::string out;
  append_gone(out, Seq{static_cast<std::uint64_t>(seq)}, std::to_string(seq));
  return out;
}

std::string mark(int seq) {
  std::string out;
  append_mark(out, {.cursor = *Cursor::parse(kEpoch + "." + std::to_string(seq)), .digest = {}});
  return out;
}

TEST(SyncCutter, GivesWholeLinesUpToAMark) {
  Found found;
  SyncCutter cutter(found.sink());
  const std::string bytes = std::string(kNorth) + gone(1) + mark(1) + std::string(kNotes) + gone(7);
  EXPECT_TRUE(cutter.take(bytes));
  EXPECT_THAT(found.all, ElementsAre("feed orders [north]: " + gone(1) + "at " + kEpoch + ".1"));
  EXPECT_TRUE(cutter.take(mark(7)));
  EXPECT_EQ(found.all.back(), "feed notes: " + gone(7) + "at " + kEpoch + ".7");
}

TEST(SyncCutter, GivesAPageForEachMark) {
  Found found;
  SyncCutter cutter(found.sink());
  EXPECT_TRUE(cutter.take(std::string(kNorth) + gone(1) + mark(1) + gone(2) + std::string(kNotes) + gone(9) + mark(9)));
  EXPECT_THAT(found.all, ElementsAre("feed orders [north]: " + gone(1) + "at " + kEpoch + ".1", "feed notes: " + gone(9) + "at " + kEpoch + ".9"));
  EXPECT_TRUE(cutter.take(std::string(kNorth) + gone(3) + mark(3)));
  EXPECT_EQ(found.all.back(), "feed orders [north]: " + gone(2) + gone(3) + "at " + kEpoch + ".3");
}

TEST(SyncCutter, TellsWhatIsNotGiven) {
  Found found;
  SyncCutter cutter(found.sink());
  EXPECT_TRUE(cutter.take("{\"denied\":{\"feed\":\"orders\",\"partition\":\"north\"}}\n\n"
                          "{\"visible\":{\"feed\":\"orders\",\"partition\":\"west\"}}\n"
                          "{\"refused\":{\"feed\":\"notes\",\"partition\":\"\",\"status\":410,\"detail\":\"too old\"}}\n"));
  EXPECT_THAT(found.all, ElementsAre("feed orders [north]: denied", "feed notes: 410 too old"));
}

TEST(SyncCutter, LetsGoOfWhatCameBeforeARefusal) {
  Found found;
  SyncCutter cutter(found.sink());
  EXPECT_TRUE(cutter.take(std::string(kNorth) + gone(1) + "{\"denied\":{\"feed\":\"orders\",\"partition\":\"north\"}}\n"));
  EXPECT_THAT(found.all, ElementsAre("feed orders [north]: denied"));
}

TEST(SyncCutter, PassesASchemaOnAtOnce) {
  Found found;
  SyncCutter cutter(found.sink());
  std::string schema;
  append_schema(schema, {.version = 3, .fields = {}});
  EXPECT_TRUE(cutter.take(std::string(kNorth) + schema));
  EXPECT_THAT(found.all, ElementsAre("feed orders [north]: schema 3"));
}

TEST(SyncCutter, StopsWhereItIsToldTo) {
  Found found;
  found.going = false;
  SyncCutter cutter(found.sink());
  EXPECT_FALSE(cutter.take(std::string(kNorth) + gone(1) + mark(1)));
  EXPECT_FALSE(cutter.error());
}

TEST(SyncCutter, RefusesWhatNoNodeSends) {
  for (const std::string& line : {gone(1), mark(1), std::string("{\"news\":{}}\n"), std::string("x\n"), std::string("[]\n"), std::string("{}\n")}) {
    Found found;
    SyncCutter cutter(found.sink());
    EXPECT_FALSE(cutter.take(line)) << line;
    ASSERT_TRUE(cutter.error()) << line;
    EXPECT_EQ(cutter.error()->code, Code::corrupt);
  }
  Found found;
  SyncCutter cutter(found.sink());
  EXPECT_FALSE(cutter.take(std::string(kNorth) + "{\"mark\":{\"cursor\":\"x\"}}\n"));
  EXPECT_THAT(cutter.error()->message, HasSubstr("feed orders [north]"));
}

}  // namespace
}  // namespace meshgate::federation
