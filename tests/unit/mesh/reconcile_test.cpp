#include "mesh/reconcile.hpp"

#include <gtest/gtest.h>


namespace meshgate {
namespace {

std::string line(std::uint64_t seq, std::string_view id) {
  std::string out;
  append_put(out, Seq{seq}, id, {1, content_hash(id, "{}")}, Micros{1}, "{}");
  return out;
}

TEST(RangeSums, CoverTheRangeInPiecesOfAboutTheSameCount) {
  RangeSummer sums({Seq{0}, Seq{50000}}, Summed::lines, Seq{0});
  for (std::uint64_t seq = 1; seq <= 20000; ++seq) sums.add(line(seq * 2, "a"));
  const auto parts = sums.parts(16);
  ASSERT_LE(parts.size(), 16U);
  EXPECT_GT(parts.size(), 8U);
  EXPECT_EQ(parts.back().to, Seq{50000});
  std::uint64_t count = 0;
  for (const auto& part : parts) count += part.sum.count;
  EXPECT_EQ(count, 20000U);
}

TEST(RangeSums, OfOneNodeAreThoseOfAnotherOverTheSamePieces) {
  std::string lines;
  for (std::uint64_t seq = 1; seq <= 9000; ++seq) lines += line(seq, std::to_string(seq));
  for (const auto by : {Summed::lines, Summed::items}) {
    RangeSummer there({Seq{0}, Seq{9000}}, by, Seq{0});
    there.add(lines);
    const auto parts = there.parts(16);
    std::vector<Seq> ends;
    for (const auto& part : parts) ends.push_back(part.to);
    PartSummer here(ends);
    each_entry(lines, by, Seq{0}, [&](Seq seq, const Bits128& sum) { here.add(seq, sum); });
    for (std::size_t i = 0; i < parts.size(); ++i) EXPECT_EQ(here.sums()[i], parts[i].sum) << i;
  }
}

TEST(RangeSums, OfAnEmptyRangeAreOnePieceOfNothing) {
  const auto parts = RangeSummer({Seq{3}, Seq{9}}, Summed::lines, Seq{0}).parts(16);
  EXPECT_EQ(parts, (std::vector<RangePart>{{Seq{9}, {}}}));
}

TEST(RangeSums, LeaveOutWhatMayHaveBeenPurgedAndWhatIsNoEntry) {
  std::string lines;
  append_gone(lines, Seq{5}, "a");
  append_gone(lines, Seq{6}, "b");
  append_mark(lines, {});
  lines += line(7, "c");
  RangeSummer sums({Seq{0}, Seq{9}}, Summed::lines, Seq{5});
  sums.add(lines);
  EXPECT_EQ(sums.parts(1).front().sum.count, 2U);
  std::vector<Seq> seqs;
  each_entry(lines, Summed::lines, Seq{5}, [&](Seq seq, const Bits128&) { seqs.push_back(seq); });
  EXPECT_EQ(seqs, (std::vector<Seq>{Seq{6}, Seq{7}}));
}

TEST(RangeSums, OfItemsAreOfWhereTheyStandAndWhatTheyAre) {
  const std::string id = R"(a","rev":"9-)";
  std::string lines;
  append_gone(lines, Seq{5}, "gone");
  append_put(lines, Seq{6}, id, {3, content_hash(id, "{}")}, Micros{1}, "{}");
  append_trim(lines, Seq{7}, Seq{2});
  std::vector<std::pair<Seq, Bits128>> entries;
  each_entry(lines, Summed::items, Seq{0}, [&](Seq seq, const Bits128& sum) { entries.emplace_back(seq, sum); });
  ASSERT_EQ(entries.size(), 1U);
  ItemSummer own;
  EXPECT_EQ(entries[0], std::pair(Seq{6}, own.sum(Seq{6}, content_hash(id, "{}").bits.hex())));
  Sha256 hash;
  hash.begin();
  hash.add("6 " + content_hash(id, "{}").bits.hex());
  EXPECT_EQ(entries[0].second, hash.finish());
}

TEST(Reconcile, AQuestionIsReadAsItWasWritten) {
  ReconcileQuestion question;
  question.feed = "or\"ders";
  question.uid = std::string(32, '7');
  question.partition = "nörth";
  question.by = Summed::items;
  question.floor = Seq{3};
  question.ranges = {{Seq{0}, Seq{10}}, {Seq{10}, Seq{12}}};
  question.lines = {{Seq{17}, Seq{18}}};
  const auto read = parse_reconcile_question(text(question));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(text(*read), text(question));
}

TEST(Reconcile, AQuestionThatIsNoneIsRefusedWithASentence) {
  for (const char* body : {"", "[]", "{}", R"({"protocol":2,"feed":"a"})", R"({"feed":"a","ranges":[[5,5]]})", R"({"feed":"a","ranges":[[0,5],[4,6]]})",
                           R"({"feed":"a","lines":[[0]]})", R"({"feed":"a","floor":-1})", R"({"feed":"a","by":"rows"})", R"({"feed":"a","more":1})"}) {
    const auto read = parse_reconcile_question(body);
    ASSERT_FALSE(read) << body;
    EXPECT_EQ(read.error().code, Code::config) << body;
  }
}

TEST(Reconcile, AnAnswerIsReadAsItWasWritten) {
  Mark mark;
  mark.cursor = {.epoch = {{1, 2}}, .seq = Seq{20}};
  std::string body;
  append_mark(body, mark);
  append_sums(body, {{Seq{0}, Seq{20}}, {{Seq{9}, {4, {7, 8}}}, {Seq{20}, {}}}});
  append_lines_of(body, {Seq{16}, Seq{18}});
  body += line(17, "a") + line(18, "b");
  const auto read = parse_reconcile_answer(body);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->mark.cursor, mark.cursor);
  ASSERT_EQ(read->splits.size(), 1U);
  EXPECT_EQ(read->splits[0].parts[0], (RangePart{Seq{9}, {4, {7, 8}}}));
  ASSERT_EQ(read->given.size(), 1U);
  EXPECT_EQ(read->given[0].lines, line(17, "a") + line(18, "b"));
}

TEST(Reconcile, AnAnswerOutOfOrderIsNone) {
  std::string mark;
  append_mark(mark, {});
  std::string head;
  append_lines_of(head, {Seq{16}, Seq{18}});
  for (const std::string& body : {std::string(), head, mark + line(17, "a"), mark + head + line(19, "a"), mark + head + line(18, "a") + line(17, "b"), mark + mark,
                                  mark + R"({"sums":{"after":0,"to":5,"parts":[[3,1,"00"]]}})" + "\n"}) {
    EXPECT_FALSE(parse_reconcile_answer(body)) << body;
  }
}

}  // namespace
}  // namespace meshgate
