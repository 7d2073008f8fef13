#include "mesh/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>

namespace meshgate {
namespace {

Result<std::unique_ptr<int>> make(bool fine) {
  if (!fine) return Error{Code::no_space, "the disk is full"};
  return std::make_unique<int>(7);
}

TEST(Result, HoldsAValueOrAnError) {
  auto fine = make(true);
  ASSERT_TRUE(fine);
  EXPECT_EQ(**fine, 7);
  const std::unique_ptr<int> moved = *std::move(fine);
  EXPECT_EQ(*moved, 7);
  const auto broken = make(false);
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, Code::no_space);
}

TEST(Result, StatusIsFineUnlessToldOtherwise) {
  EXPECT_TRUE(Status());
  const Status failed = Error{Code::gone, "too old"};
  EXPECT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "too old");
}

TEST(Result, AnErrorLearnsWhereItHappened) {
  const Error error = Error{Code::retry, "timed out"}.within("source erp");
  EXPECT_EQ(error.code, Code::retry);
  EXPECT_EQ(error.message, "source erp: timed out");
}

TEST(Result, EveryCodeHasAWordOfItsOwn) {
  std::set<std::string_view> words;
  for (int i = 0; i <= static_cast<int>(Code::internal); ++i) words.insert(word(static_cast<Code>(i)));
  EXPECT_EQ(words.size(), 13U);
}

TEST(Result, OnlyPassingFaultsAreTriedAgain) {
  EXPECT_TRUE(retryable(Code::retry) && retryable(Code::reconnect) && retryable(Code::no_space));
  for (const Code code : {Code::auth, Code::config, Code::bad_record, Code::gone, Code::unsupported, Code::not_found, Code::conflict, Code::corrupt, Code::cancelled, Code::internal}) {
    EXPECT_FALSE(retryable(code)) << word(code);
  }
}

}  // namespace
}  // namespace meshgate
