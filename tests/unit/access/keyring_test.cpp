#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "gateway/access/keyring.hpp"
#include "tests/unit/access/sign_in_fixture.hpp"

namespace meshgate::access {
namespace {

constexpr std::int64_t kDay = 86400000000;
constexpr std::int64_t kPeriod = 30 * kDay;
constexpr std::int64_t kLife = kDay / 2;

class KeyringTest : public testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<Keyring> open(Micros at) const {
    auto opened = Keyring::open(file_, kPeriod, kLife, at);
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(*opened) : nullptr;
  }

  test::Folder folder_;
  std::string file_ = folder_.path() + "/keys.json";
};

TEST_F(KeyringTest, KeepsItsKeyOverAStart) {
  const auto first = open(Micros{kDay})->keys()->front().id;
  EXPECT_EQ(open(Micros{2 * kDay})->keys()->front().id, first);
  struct stat found {};
  ASSERT_EQ(::stat(file_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
}

TEST_F(KeyringTest, RotatesByAgeAndKeepsTheOldKeyUntilItsTokensAreOver) {
  const auto keyring = open(Micros{0});
  const auto first = keyring->keys()->front().id;
  ASSERT_TRUE(keyring->tend(Micros{kPeriod - 2 * kDay - 1}));
  EXPECT_EQ(keyring->keys()->size(), 1U);
  ASSERT_TRUE(keyring->tend(Micros{kPeriod - 2 * kDay}));
  const auto both = keyring->keys();
  ASSERT_EQ(both->size(), 2U) << "the next key is known before it signs";
  EXPECT_NE(both->front().id, first);
  EXPECT_EQ(signing_key(*both, Micros{kPeriod - 1}).id, first);
  EXPECT_EQ(signing_key(*both, Micros{kPeriod}).id, both->front().id);
  EXPECT_EQ(signing_key(*both, Micros{-1}).id, first) << "a clock that was put back signs with what everybody knows";
  ASSERT_TRUE(keyring->tend(Micros{kPeriod + kLife - 1}));
  EXPECT_EQ(keyring->keys()->size(), 2U);
  ASSERT_TRUE(keyring->tend(Micros{kPeriod + kLife}));
  EXPECT_EQ(keyring->keys()->size(), 1U);
  EXPECT_EQ(open(Micros{kPeriod + kLife})->keys()->front().id, both->front().id);
}

TEST_F(KeyringTest, ANodeThatWasOffForLongSignsWithItsNewKeyAtOnce) {
  (void)open(Micros{0});
  const auto keys = open(Micros{3 * kPeriod})->keys();
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_EQ(signing_key(*keys, Micros{3 * kPeriod}).id, keys->front().id);
}

TEST_F(KeyringTest, PublishesNoSecret) {
  const auto keys = open(Micros{0})->keys();
  const auto published = key_set(public_keys(*keys));
  EXPECT_EQ(published.find("\"d\""), std::string::npos) << published;
  EXPECT_NE(published.find(keys->front().id), std::string::npos);
  EXPECT_NE(keyring_text(*keys).find("\"d\""), std::string::npos);
}

TEST_F(KeyringTest, RefusesAFileThatOthersMayReadAndOneThatIsDamaged) {
  (void)open(Micros{0});
  ASSERT_EQ(::chmod(file_.c_str(), 0644), 0);
  auto refused = Keyring::open(file_, kPeriod, kLife, Micros{0});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::auth);
  ASSERT_EQ(::chmod(file_.c_str(), 0600), 0);
  std::ofstream(file_) << "{\"keys\":[{\"kid\":\"x\",\"d\":\"y\",\"made\":1}]}";
  refused = Keyring::open(file_, kPeriod, kLife, Micros{0});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::corrupt);
  EXPECT_NE(refused.error().message.find(file_), std::string::npos);
}

}  // namespace
}  // namespace meshgate::access
