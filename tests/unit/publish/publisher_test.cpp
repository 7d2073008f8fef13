#include "gateway/publish/publisher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/publish/remembered_target.hpp"
#include "tests/unit/store/folder.hpp"

namespace meshgate::publish {
namespace {

using testing::HasSubstr;

class PublisherTest : public ::testing::Test {
 protected:
  store::Folder folder_;
  std::unique_ptr<store::Store> store_ = store::opened(folder_ / "data");
  std::shared_ptr<store::Feed> feed_ = store::feed_of(*store_);
  base::Log log_{base::Level::error};
  base::Metrics metrics_;
  RememberedTarget target_;
  const Publication publication_ = publication_to(target_, "f");

  void put(const std::string& id, bool loading = false) {
    store::Batch batch("rows");
    batch.put(id, id, "{}", store::kWhole);
    batch.set_loading(loading);
    store::commit(*feed_, batch);
  }

  template <class Condition>
  static bool comes(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    return condition();
  }

  std::size_t written() {
    const std::lock_guard lock(target_.mutex);
    return target_.records.size();
  }
};

TEST_F(PublisherTest, WhatComesIsWrittenOnceTheFeedIsWhole) {
  put("1", true);
  Publisher publisher(publication_, *store_, log_, metrics_);
  ASSERT_TRUE(comes([&] { return publisher.standing().phase == Phase::loading; }));
  EXPECT_EQ(written(), 0U);
  put("2");
  ASSERT_TRUE(comes([&] { return written() == 2; }));
  put("3");
  ASSERT_TRUE(comes([&] { return written() == 3 && publisher.standing().lag == 0; }));
  EXPECT_EQ(target_.resumes, 1);
}

TEST_F(PublisherTest, AnAnswerThatWasLostIsNotWrittenTwice) {
  put("1");
  target_.failures = {{MG_RETRY, "no answer"}};
  target_.lost_answer = true;
  Publisher publisher(publication_, *store_, log_, metrics_);
  ASSERT_TRUE(comes([&] { return publisher.standing().phase == Phase::failing; }));
  EXPECT_EQ(publisher.standing().message, "no answer");
  ASSERT_TRUE(comes([&] { return publisher.standing().phase == Phase::publishing && publisher.standing().lag == 0; }));
  EXPECT_EQ(written(), 1U);
  EXPECT_EQ(target_.resumes, 2);
}

TEST_F(PublisherTest, WhoIsOvertakenDoesNotFight) {
  put("1");
  target_.failures = {{MG_CONFLICT, "another one writes"}};
  Publisher publisher(publication_, *store_, log_, metrics_);
  ASSERT_TRUE(comes([&] { return publisher.standing().phase == Phase::overtaken; }));
  put("2");
  EXPECT_THAT(publisher.standing().message, HasSubstr("another one writes"));
  EXPECT_EQ(written(), 0U);
  EXPECT_EQ(target_.resumes, 1);
}

TEST_F(PublisherTest, ATargetThatIsNotKnownIsCompared) {
  put("1");
  target_.known = false;
  Publisher publisher(publication_, *store_, log_, metrics_);
  ASSERT_TRUE(comes([&] { return written() == 1 && publisher.standing().lag == 0; }));
  EXPECT_EQ(target_.folds, 1);
}

}  // namespace
}  // namespace meshgate::publish
