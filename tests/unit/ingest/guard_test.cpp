#include "gateway/ingest/guard.hpp"

#include <gtest/gtest.h>

namespace meshgate::ingest {
namespace {

struct Case {
  Guard guard;
  Sweep sweep;
  bool held;
};

class GuardTest : public ::testing::TestWithParam<Case> {};

TEST_P(GuardTest, Decides) { EXPECT_EQ(holds(GetParam().guard, GetParam().sweep), GetParam().held); }

INSTANTIATE_TEST_SUITE_P(All, GuardTest,
                         ::testing::Values(Case{{}, {.missing = 0, .seen = 0, .items = 0}, false},            // an empty feed of an empty table
                                           Case{{}, {.missing = 0, .seen = 1000000, .items = 1000000}, false},
                                           Case{{}, {.missing = 7, .seen = 0, .items = 7}, true},             // nothing found
                                           Case{{}, {.missing = 100, .seen = 50, .items = 150}, false},       // not more than the count
                                           Case{{}, {.missing = 101, .seen = 909, .items = 1010}, false},     // not more than the share
                                           Case{{}, {.missing = 102, .seen = 908, .items = 1010}, true},
                                           Case{{}, {.missing = 1, .seen = 99999999, .items = 100000000}, false},
                                           Case{{.share = 0, .count = 0}, {.missing = 1, .seen = 99, .items = 100}, true},
                                           Case{{.share = 10000, .count = 0}, {.missing = 99, .seen = 1, .items = 100}, false},
                                           Case{{.share = 10000, .count = 1000}, {.missing = 100, .seen = 0, .items = 100}, true}));

TEST(Guard, SaysHowManyWhichAndWhatToDo) {
  const std::string long_id(50, 'x');
  EXPECT_EQ(held_sentence({.share = 250, .count = 10}, {.missing = 3000, .seen = 7000, .items = 10000}, "orders", {"7", long_id}),
            "a scan did not find 3000 of 10000 items (7, " + std::string(40, 'x') + "…, …), more than 2.5% and more than 10; they are kept. If they are really gone, "
            "run `meshgate release orders`; if not, look at the source's filter, rights and replicas");
  EXPECT_TRUE(held_sentence({}, {.missing = 1, .seen = 0, .items = 1}, "orders", {"7"}).starts_with("a scan found nothing where the feed has 1 items (7); they are kept."));
}

}  // namespace
}  // namespace meshgate::ingest
