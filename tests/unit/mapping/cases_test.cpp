#include "tests/unit/mapping/mapping_cases.hpp"

namespace meshgate::cases {
namespace {

TEST(MappingCases, Folder) { check_folder(MESHGATE_CASES, run_mapping_case); }

TEST(MappingCases, Reference) {
  const auto all = page(MESHGATE_REFERENCE);
  ASSERT_GE(all.size(), 8U);
  for (const Case& one : all) EXPECT_EQ(run_mapping_case(one), one.output) << one.name << "\n" << one.input;
}

}  // namespace
}  // namespace meshgate::cases
