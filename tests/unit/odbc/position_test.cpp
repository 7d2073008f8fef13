#include "connectors/odbc/position.hpp"

#include <gtest/gtest.h>

namespace meshgate::odbc {

namespace {

Position followed() {
  Tracked tracked{.low = -1, .frontier = 2, .clock = 3, .doubt = kOver, .swept = 5, .verified = 6, .sweep_took = 7, .shape = ~0ULL};
  tracked.landmarks = {{1, kLowest}, {2, INT64_MAX}};
  return {.pass = Pass::sweep, .key = std::vector<std::string>{"12", "x"}, .fingerprint = 3, .as_of_us = 4, .tracked = tracked};
}

}  // namespace

TEST(Position, ComesBackAsItWas) {
  Position polling = followed();
  polling.tracked->poll = Poll{.from = 6, .as_of = 7, .next_low = 8, .greatest = 9, .at = {}};
  Position in_a_poll = polling;
  in_a_poll.tracked->poll->at = std::vector<std::string>{"2026-01-05 10:15:09+00", "12", ""};
  Position journaled = in_a_poll;
  journaled.journaled = Journaled{.token = INT64_MAX, .n = 7, .settled = 0};
  const Position cases[] = {{},
                            {.pass = Pass::scan, .key = {}, .fingerprint = 7, .as_of_us = 0, .tracked = {}},
                            {.pass = Pass::scan, .key = std::vector<std::string>{"", std::string("a\0b", 3), "\xC3\xA4"}, .fingerprint = ~0ULL, .as_of_us = -1, .tracked = {}},
                            {.pass = Pass::none, .key = {}, .fingerprint = 1, .as_of_us = 1767608109123456, .tracked = {}},
                            followed(),
                            polling,
                            in_a_poll,
                            journaled};
  for (const Position& one : cases) EXPECT_EQ(decode_position(encode(one)), one);
}

TEST(Position, EveryOtherTextIsNone) {
  Position whole = followed();
  whole.tracked->poll = Poll{.from = 6, .as_of = 7, .next_low = 8, .greatest = 9, .at = std::vector<std::string>{"1", "2"}};
  whole.journaled = Journaled{.token = 1, .n = 2, .settled = 3};
  const std::string good = encode(whole);
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(decode_position(good.substr(0, size))) << size;
  EXPECT_FALSE(decode_position(good + "x"));
  std::string other = good;
  other[1] = 1;
  EXPECT_FALSE(decode_position(other)) << "another version";
  other = good;
  other[2] = 8;
  EXPECT_FALSE(decode_position(other)) << "an unknown flag";
  other = encode({.journaled = Journaled{}});
  EXPECT_FALSE(decode_position(other)) << "a journal without tracking";
  other = good;
  other[3] = 4;
  EXPECT_FALSE(decode_position(other)) << "an unknown pass";
  other = good;
  other[20] = '\xFF';
  EXPECT_FALSE(decode_position(other)) << "more columns than bytes";
}

TEST(Position, AFingerprintKeepsNamesApart) {
  EXPECT_NE(fingerprint("t", {"a", "b"}), fingerprint("t", {"ab"}));
  EXPECT_NE(fingerprint("t", {"a", "b"}), fingerprint("t", {"b", "a"}));
  EXPECT_NE(fingerprint("t", {"a"}), fingerprint("u", {"a"}));
}

}  // namespace meshgate::odbc
