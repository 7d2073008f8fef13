#include "gateway/access/identity.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/access/sign_in_fixture.hpp"

namespace meshgate::access {
namespace {

using testing::HasSubstr;

class IdentityTest : public testing::Test {
 protected:
  [[nodiscard]] Identity open() const {
    auto opened = Identity::open(folder_.path());
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
  [[nodiscard]] std::string file() const { return folder_.path() + "/identity.json"; }

  test::Folder folder_;
  const std::string uid_ = std::string(32, 'a');
  const Origin origin_{"orders", uid_, {}};
};

TEST_F(IdentityTest, TheKeyStays) {
  const auto key = open().key();
  EXPECT_EQ(open().key(), key);
  struct stat found {};
  ASSERT_EQ(::stat(file().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  std::filesystem::remove(file());
  EXPECT_NE(open().key(), key);
}

TEST_F(IdentityTest, AFileThatHoldsNoKeyIsNotReplaced) {
  (void)open();
  std::ofstream(file()) << "{}";
  EXPECT_THAT(Identity::open(folder_.path()).error().message, HasSubstr("put it back from a backup"));
  std::filesystem::permissions(file(), std::filesystem::perms::all);
  EXPECT_EQ(Identity::open(folder_.path()).error().code, Code::auth);
}

TEST_F(IdentityTest, ASealIsForWhatItWasMadeForAndNothingElse) {
  const auto own = open();
  const Seal seal = own.seal(origin_);
  EXPECT_TRUE(sealed(origin_, seal));
  const std::string other(32, 'b');
  EXPECT_FALSE(sealed({"notes", uid_, {}}, seal));
  EXPECT_FALSE(sealed({"orders", other, {}}, seal));
  EXPECT_FALSE(sealed({"orders", uid_, {1, {}}}, seal));
  EXPECT_FALSE(sealed({"orders", uid_, {0, Epoch{*Bits128::from_hex(other)}}}, seal));
  EXPECT_FALSE(sealed(origin_, {SigningKey::make().verifying().bytes(), seal.signature})) << "another key";
  EXPECT_FALSE(sealed(origin_, {seal.key, seal.signature.substr(1)}));
  EXPECT_FALSE(sealed(origin_, {}));
}

TEST_F(IdentityTest, AnAnswerIsToOneNonceAndNoSeal) {
  const auto own = open();
  const auto answer = own.answer("nonce");
  EXPECT_TRUE(answered(own.key(), "nonce", answer));
  EXPECT_FALSE(answered(own.key(), "other", answer));
  EXPECT_FALSE(answered(SigningKey::make().verifying().bytes(), "nonce", answer));
  EXPECT_FALSE(answered("", "nonce", answer));
  EXPECT_FALSE(sealed(origin_, {own.key(), answer}));
}

}  // namespace
}  // namespace meshgate::access
