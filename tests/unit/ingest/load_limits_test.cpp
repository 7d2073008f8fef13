#include "gateway/ingest/load_limits.hpp"

#include <gtest/gtest.h>

namespace meshgate::ingest {
namespace {

class LoadLimitsTest : public ::testing::Test {
 protected:
  LoadLimits read(const std::string& yaml) {
    const auto node = config::parse_yaml(yaml, "mesh.yaml", faults_);
    return read_limits(node, secrets_, faults_);
  }
  static Micros at(const char* text) { return *parse_timestamp(text); }

  config::Diagnostics faults_;
  config::Secrets secrets_;
};

TEST_F(LoadLimitsTest, NoneUnlessTheyAreGiven) {
  const auto limits = read_limits({}, secrets_, faults_);
  EXPECT_TRUE(faults_.empty());
  EXPECT_EQ(limits.rows, 0U);
  EXPECT_EQ(limits.statements, 0U);
  EXPECT_EQ(limits.connections, 40U);
  EXPECT_EQ(limits.quiet_at(at("2026-01-05 10:00:00")), "");
}

TEST_F(LoadLimitsTest, QuietGoesByTheWallClockSummerAndWinter) {
  const auto limits = read("{ rows: 20000, statements: 2, quiet: [ \"Mon-Fri 08:00-18:00\" ], zone: Europe/Berlin }");
  ASSERT_TRUE(faults_.empty()) << faults_.text();
  EXPECT_EQ(limits.rows, 20000U);
  EXPECT_EQ(limits.statements, 2U);
  EXPECT_EQ(limits.quiet_at(at("2026-01-05 06:59:59")), "");
  EXPECT_EQ(limits.quiet_at(at("2026-01-05 07:00:00")), "quiet until 18:00 (Europe/Berlin)");
  EXPECT_EQ(limits.quiet_at(at("2026-01-05 17:00:00")), "");
  EXPECT_EQ(limits.quiet_at(at("2026-07-06 06:00:00")), "quiet until 18:00 (Europe/Berlin)");
  EXPECT_EQ(limits.quiet_at(at("2026-07-06 16:00:00")), "");
  EXPECT_EQ(limits.quiet_at(at("2026-01-04 12:00:00")), "") << "a Sunday";
}

TEST_F(LoadLimitsTest, OverTheDaysOnWhichClocksChange) {
  const auto limits = read("{ quiet: \"01:00-05:00\", zone: Europe/Berlin }");
  EXPECT_EQ(limits.quiet_at(at("2026-03-29 03:00:00")), "") << "05:00, an hour sooner";
  EXPECT_NE(limits.quiet_at(at("2026-03-29 02:59:59")), "");
  EXPECT_NE(limits.quiet_at(at("2026-10-25 03:59:59")), "") << "five hours long that night";
  EXPECT_EQ(limits.quiet_at(at("2026-10-25 04:00:00")), "");
}

struct Wrong {
  const char* yaml;
  const char* said;
};

class WrongLimitsTest : public LoadLimitsTest, public ::testing::WithParamInterface<Wrong> {};

TEST_P(WrongLimitsTest, IsSaidWithItsPlace) {
  read(GetParam().yaml);
  EXPECT_NE(faults_.text().find(GetParam().said), std::string::npos) << faults_.text();
}

INSTANTIATE_TEST_SUITE_P(All, WrongLimitsTest,
                         ::testing::Values(Wrong{"{ rows: 0 }", "mesh.yaml:1:9: 'rows': '0' is less than the least, 1"}, Wrong{"{ row: 5 }", "did you mean 'rows'?"},
                                           Wrong{"{ statements: some }", "mesh.yaml:1:15: "}, Wrong{"{ connections: 0 }", "'0' is less than the least, 1"}, Wrong{"{ quiet: [ \"Mon-Fri\", \"8-18\" ] }", "'8-18' are no quiet hours"},
                                           Wrong{"{ quiet: [ \"Mon-Fri\", \"Sat,Sun\" ] }", "mesh.yaml:1:10: `quiet` leaves no hour"},
                                           Wrong{"{ quiet: Mon, zone: Europe/Atlantis }", "mesh.yaml:1:21: there is no time zone 'Europe/Atlantis'"}));

}  // namespace
}  // namespace meshgate::ingest
