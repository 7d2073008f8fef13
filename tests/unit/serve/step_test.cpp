#include <random>

#include "gateway/serve/live_steps.hpp"
#include "tests/unit/serve/node_fixture.hpp"

namespace meshgate::serve::test {
namespace {

using net::test::RawClient;

class StepTest : public NodeFixture {
 protected:
  void SetUp() override {
    NodeFixture::SetUp();
    feeds_ = std::make_unique<OpenFeeds>(*store_, *pool_);
  }
  void TearDown() override {
    feeds_.reset();
    NodeFixture::TearDown();
  }
  /// A reader of plain lines at the head.
  Chunk at_head() {
    Place start;
    start.open = *feeds_->find("orders");
    Chunk out = read_chunk(start);
    while (!out.end) out = read_chunk(out.next);
    return out;
  }

  std::unique_ptr<OpenFeeds> feeds_;
};

TEST_F(StepTest, OneStepServesAllWhoStandAtItsBeginning) {
  put(*orders_, 1, 3);
  const Chunk reader = at_head();
  Steps steps(reader.next, reader.standing);
  EXPECT_EQ(steps.next(reader.next), nullptr);
  put(*orders_, 4, 4);
  steps.advance();
  const auto step = steps.next(reader.next);
  ASSERT_TRUE(step);
  EXPECT_EQ(step, steps.next(reader.next)) << "it was read once";
  const Chunk alone = read_chunk(reader.next);
  EXPECT_EQ(step->lines().plain().bytes(), alone.bytes);
  Place events = reader.next;
  events.events = true;
  EXPECT_EQ(step->events().plain().bytes(), read_chunk(events).bytes);
  Place behind = reader.next;
  step->move(behind);
  EXPECT_EQ(behind.at, alone.next.at);
}

TEST_F(StepTest, NobodyElseTakesIt) {
  put(*orders_, 1, 3);
  const Chunk reader = at_head();
  Steps steps(reader.next, reader.standing);
  put(*orders_, 4, 4);
  steps.advance();
  Place other = reader.next;
  other.schema = 0;
  EXPECT_EQ(steps.next(other), nullptr) << "it would miss the schema";
  other = reader.next;
  other.at.high = Seq{9};
  EXPECT_EQ(steps.next(other), nullptr) << "it owes itself changes";
  other = reader.next;
  other.at.seq = Seq{1};
  EXPECT_EQ(steps.next(other), nullptr);
}

TEST_F(StepTest, WhoStandsBetweenTwoStepsNeedNotWaitForACommit) {
  put(*orders_, 1, 3);
  const Chunk first = at_head();
  Steps steps(first.next, first.standing);
  put(*orders_, 4, 4);
  const Chunk between = at_head();
  EXPECT_FALSE(steps.ready(first.next)) << "the commit is still to be read for all, and then the bell rings";
  put(*orders_, 5, 5);
  steps.advance();
  EXPECT_TRUE(steps.ready(first.next));
  ASSERT_EQ(steps.next(between.next), nullptr) << "one step leads past it";
  EXPECT_TRUE(moved(between.next, between.standing));
  EXPECT_TRUE(steps.ready(between.next)) << "it must read by itself: the bell has rung already";
  steps.give_up();
  put(*orders_, 6, 6);
  EXPECT_TRUE(steps.ready(between.next)) << "nobody reads for all";
}

TEST_F(StepTest, ABigCommitIsAChainOfSteps) {
  put(*orders_, 1, 1);
  const Chunk reader = at_head();
  Steps steps(reader.next, reader.standing);
  put(*orders_, 2, 5001, std::string(100, 'x'));
  steps.advance();
  Place place = reader.next;
  std::string lines;
  std::size_t taken = 0;
  bool end = false;
  while (!end) {
    const auto step = steps.next(place);
    ASSERT_TRUE(step);
    EXPECT_LT(step->bytes(), 70000U);
    lines.append(step->lines().plain().bytes());
    step->move(place);
    end = step->end();
    ++taken;
  }
  EXPECT_GT(taken, 5U);
  std::size_t puts = 0;
  for (const auto& line : lines_of(lines)) puts += line.starts_with("{\"put\"") ? 1 : 0;
  EXPECT_EQ(puts, 5000U);
  EXPECT_EQ(place.at, at_head().next.at);
}

TEST_F(StepTest, WhatIsKeptIsBounded) {
  put(*orders_, 1, 1);
  const Chunk reader = at_head();
  Steps steps(reader.next, reader.standing);
  for (int i = 0; i < 300; ++i) {
    put(*orders_, i + 2, i + 2);
    steps.advance();
  }
  EXPECT_EQ(steps.next(reader.next), nullptr) << "the reader who took none reads the store";
  // More at once than is kept: steps are given up until a reader has read the store to its end.
  put(*orders_, 1000, 6000, std::string(1000, 'x'));
  steps.advance();
  const Chunk late = at_head();
  steps.offer(late.next, late.standing);
  put(*orders_, 7000, 7000);
  steps.advance();
  EXPECT_TRUE(steps.next(late.next));
}

TEST_F(StepTest, WhenThePoolIsFullReadersReadAlone) {
  put(*orders_, 1, 1);
  const Chunk reader = at_head();
  base::BlockingPool full(1, 0);
  const auto live = std::make_shared<LiveSteps>(orders_, full, std::make_shared<net::Bell>());
  const auto steps = live->of(reader.next, reader.standing);
  put(*orders_, 2, 2);
  EXPECT_TRUE(steps->pending());
  const auto rings = steps->bell.rings();
  live->committed();
  EXPECT_FALSE(steps->pending());
  EXPECT_GT(steps->bell.rings(), rings);
}

TEST_F(StepTest, AMarkIsSharedWhileNothingMoves) {
  put(*orders_, 1, 1);
  const Chunk reader = at_head();
  Steps steps(reader.next, reader.standing);
  EXPECT_EQ(steps.mark(reader.next, {}), nullptr);
  ASSERT_TRUE(steps.claim());
  EXPECT_FALSE(steps.claim()) << "one reads it";
  steps.read_mark(reader.next);
  steps.release();
  const auto mark = steps.mark(reader.next, {});
  ASSERT_TRUE(mark);
  EXPECT_TRUE(mark->still());
  EXPECT_EQ(steps.mark(reader.next, std::chrono::steady_clock::now()), nullptr) << "it is too old";
  put(*orders_, 2, 2);
  EXPECT_EQ(steps.mark(reader.next, {}), nullptr);
}

/// Random commits of any size while readers take steps or read the store: all end with the same lines as the store's latest.
TEST_F(StepTest, ReadersWhoTakeStepsEndWhereTheStoreIs) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  put(*orders_, 1, 10);
  const Chunk first = at_head();
  Steps steps(first.next, first.standing);
  struct Reader {
    Place place;
    std::map<std::string, std::string> items;  ///< id and seq
  };
  const auto apply = [](Reader& reader, std::string_view lines) {
    for (const auto& line : lines_of(std::string(lines))) {
      LineParser parser;
      const auto parsed = parser.parse(line);
      ASSERT_TRUE(parsed);
      if (const auto* put = std::get_if<PutLine>(&*parsed)) reader.items[std::string(put->id)] = std::string(put->content);
      if (const auto* gone = std::get_if<GoneLine>(&*parsed)) reader.items.erase(std::string(gone->id));
    }
  };
  std::vector<Reader> readers(4);
  for (auto& one : readers) one.place.open = first.next.open;
  for (int turn = 0; turn < 300; ++turn) {
    const int id = static_cast<int>(random() % 40);
    if (random() % 3 == 0) {
      remove(*orders_, id);
    } else {
      put(*orders_, id, id + static_cast<int>(random() % 5), std::to_string(random() % 9));
    }
    if (random() % 2 == 0) steps.advance();
    if (random() % 20 == 0) {
      EXPECT_TRUE(orders_->purge("", Seq{number(orders_->standing("")->head) / 2}));
    }
    Reader& one = readers[random() % readers.size()];
    const auto step = steps.next(one.place);
    if (step) {
      apply(one, step->lines().plain().bytes());
      step->move(one.place);
      continue;
    }
    const Chunk chunk = read_chunk(one.place);
    if (chunk.answer == Answer::below_floor) {
      one.items.clear();
      one.place.at = Cursor{};
      continue;
    }
    apply(one, chunk.bytes);
    one.place = chunk.next;
    steps.offer(one.place, chunk.standing);
  }
  steps.advance();
  Reader truth;
  apply(truth, at_head().bytes);  // few enough for one chunk
  for (auto& one : readers) {
    for (auto step = steps.next(one.place); step; step = steps.next(one.place)) {
      apply(one, step->lines().plain().bytes());
      step->move(one.place);
    }
    const Chunk rest = read_chunk(one.place);
    if (rest.answer == Answer::below_floor) continue;
    apply(one, rest.bytes);
    EXPECT_EQ(one.items, truth.items);
  }
}

}  // namespace
}  // namespace meshgate::serve::test
