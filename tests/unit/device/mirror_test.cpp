#include "gateway/device/mirror.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/device/canned_node.hpp"
#include "tests/unit/device/mirror_fixture.hpp"

namespace meshgate::device {
namespace {

using testing::HasSubstr;
using test::CannedNode;

class MirrorTest : public test::MirrorFixture {};

TEST_F(MirrorTest, OnceMirrorsAnUndividedFeed) {
  CannedNode node(test::small_schema());
  for (int i = 0; i < 2500; ++i) node.put(std::to_string(i), test::small_content(i));
  node.remove("17");

  const MirrorSummary summary = once(node);
  ASSERT_EQ(summary.parts.size(), 1U);
  EXPECT_TRUE(summary.verified());
  EXPECT_EQ(summary.parts[0].items, 2499U);
  EXPECT_EQ(summary.parts[0].digest, node.digest().text());
  EXPECT_EQ(summary.text(), "orders: 2499 items, digest " + node.digest().text() + " equal to the gateway's\n");
  EXPECT_EQ(stored(), node.contents());
}

TEST_F(MirrorTest, GoesOnWhereItStopped) {
  CannedNode node(test::small_schema());
  for (int i = 0; i < 50; ++i) node.put(std::to_string(i), test::small_content(i));
  once(node);
  node.put("7", test::small_content(700));
  node.remove("8");
  const MirrorSummary summary = once(node);
  EXPECT_TRUE(summary.verified());
  EXPECT_EQ(summary.parts[0].lines, 2U);
  EXPECT_EQ(stored(), node.contents());
}

}  // namespace
}  // namespace meshgate::device
