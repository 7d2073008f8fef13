#include "gateway/federation/brought.hpp"

#include <gmock/gmock.h>

#include "mesh/offered_feed.hpp"

namespace meshgate::federation {
namespace {

const std::string kEpoch(32, 'a');

Cursor cursor(int seq) { return *Cursor::parse(kEpoch + "." + std::to_string(seq)); }

TEST(Brought, AnOfferIsReadAsADescription) {
  store::FeedState state;
  state.name = "or\"ders";
  state.uid = FeedUid{*Bits128::from_hex(kEpoch)};
  state.divided = true;
  state.schema = {3, {{"id", Type::int64, false, 1, {}}}};
  const auto read = parse_feed(offer_text(state, {kEpoch, {}, {}}));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->name, state.name);
  EXPECT_EQ(read->uid, kEpoch);
  EXPECT_TRUE(read->divided);
  EXPECT_TRUE(read->schema.same_shape(state.schema));
  EXPECT_EQ(read->schema.version, 3U);
}

TEST(Brought, CursorsComeBackAsTheyWere) {
  const Cursors held = {{"north", cursor(17)}, {"so\"uth", cursor(3)}};
  const auto read = parse_cursors(cursors_text(held));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, held);
  EXPECT_EQ(*parse_cursors(cursors_text({})), Cursors());
  for (const char* wrong : {"", "x", "{}", "{\"cursors\":[]}", "{\"cursors\":{\"a\":1}}", "{\"cursors\":{\"a\":\"x\"}}"}) EXPECT_FALSE(parse_cursors(wrong)) << wrong;
  EXPECT_EQ(parse_cursor_of("{\"cursor\":\"" + kEpoch + ".9\"}"), cursor(9));
  EXPECT_FALSE(parse_cursor_of("{}"));
  EXPECT_TRUE(takes_line(cursors_text({})));
  for (const char* older : {"{\"cursors\":{}}", "{\"cursors\":{},\"line\":1}", "x"}) EXPECT_FALSE(takes_line(older)) << older;
}

TEST(Brought, AnAnswerIsGoodUnlessItSaysOtherwise) {
  EXPECT_EQ(parse_status_of("{\"cursor\":\"" + kEpoch + ".9\"}"), 200U);
  EXPECT_EQ(parse_status_of("{\"title\":\"Not taken\",\"status\":409}"), 409U);
  for (const char* odd : {"", "x", "{\"status\":\"409\"}", "{\"status\":7}", "{\"status\":-1}"}) EXPECT_EQ(parse_status_of(odd), 200U) << odd;
}

TEST(Brought, APageIsLinesAndOneMark) {
  std::string body;
  append_gone(body, Seq{4}, "x");
  const std::size_t lines = body.size();
  append_mark(body, {.cursor = cursor(4), .digest = {}});
  const auto page = parse_page(body);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->lines.size(), lines);
  EXPECT_EQ(page->mark.cursor, cursor(4));
  EXPECT_TRUE(parse_page(body.substr(lines))) << "a mark alone says that nothing is new";
  for (const std::string& wrong : {std::string(), std::string("\n"), body.substr(0, lines), body.substr(0, body.size() - 1)}) EXPECT_FALSE(parse_page(wrong)) << wrong;
}

}  // namespace
}  // namespace meshgate::federation
