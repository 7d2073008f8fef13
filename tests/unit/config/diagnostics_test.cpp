#include "config/diagnostics.hpp"

#include <gtest/gtest.h>

namespace meshgate::config {
namespace {

TEST(Diagnostics, TextIsSortedByPlace) {
  Diagnostics out;
  out.add({"b.yaml", 2, 1}, "second");
  out.add({"a.yaml", 9, 1}, "first", "do this");
  out.add({"b.yaml", 10, 1}, "third");
  out.add({"b.yaml", 0, 0}, "whole");
  EXPECT_EQ(out.text(), "a.yaml:9:1: first (do this)\nb.yaml: whole\nb.yaml:2:1: second\nb.yaml:10:1: third\n");
  EXPECT_FALSE(out.empty());
}

TEST(Diagnostics, WarningsDoNotStop) {
  Diagnostics out;
  out.warn({"a.yaml", 1, 2}, "odd");
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(out.text(), "a.yaml:1:2: warning: odd\n");
  EXPECT_EQ(out.all().size(), 1U);
}

TEST(Nearest, FindsWhatWasMeant) {
  const std::vector<std::string_view> known = {"table", "track", "connector", "every", "id", "max_items"};
  EXPECT_EQ(nearest("tabel", known), "table");
  EXPECT_EQ(nearest("TABLE", known), "table");
  EXPECT_EQ(nearest("conector", known), "connector");
  EXPECT_EQ(nearest("maxitems", known), "max_items");
  EXPECT_EQ(nearest("ids", known), "id");
  EXPECT_EQ(nearest("zebra", known), "");
  EXPECT_EQ(nearest("x", known), "");
  EXPECT_EQ(nearest("", known), "");
  EXPECT_EQ(nearest(std::string(100000, 'x'), known), "");
}

}  // namespace
}  // namespace meshgate::config
