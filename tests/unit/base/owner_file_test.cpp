#include "gateway/base/owner_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace meshgate::base {
namespace {

class OwnerFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "meshgate-owner-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    file_ = folder_ + "/secret";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  std::string file_;
};

TEST_F(OwnerFile, IsReplacedAsAWholeAndForItsOwnerAlone) {
  EXPECT_FALSE(read_owner_file(file_)->has_value());
  ASSERT_TRUE(write_owner_file(file_, "first"));
  ASSERT_TRUE(write_owner_file(file_, "second"));
  EXPECT_EQ(**read_owner_file(file_), "second");
  struct stat found {};
  ASSERT_EQ(::stat(file_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(OwnerFile, GoesOnWhereACrashLeftHalfANewOne) {
  ASSERT_TRUE(write_owner_file(file_, "old"));
  std::ofstream(file_ + ".new") << "ha";
  EXPECT_EQ(**read_owner_file(file_), "old");
  ASSERT_TRUE(write_owner_file(file_, "new"));
  EXPECT_EQ(**read_owner_file(file_), "new");
}

TEST_F(OwnerFile, IsNotBelievedWhenOthersMayReadOrWriteIt) {
  ASSERT_TRUE(write_owner_file(file_, "secret"));
  for (const mode_t mode : {0640U, 0604U, 0620U, 0666U}) {
    ASSERT_EQ(::chmod(file_.c_str(), mode), 0);
    const auto read = read_owner_file(file_);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Code::auth);
    EXPECT_EQ(read.error().message.find("secret can"), read.error().message.find(file_) + folder_.size() + 1);
  }
}

TEST_F(OwnerFile, IsNoLink) {
  ASSERT_TRUE(write_owner_file(file_, "secret"));
  const std::string link = folder_ + "/link";
  ASSERT_EQ(::symlink(file_.c_str(), link.c_str()), 0);
  EXPECT_FALSE(read_owner_file(link));
}

TEST_F(OwnerFile, AFolderIsMadeOrTaken) {
  const std::string inner = folder_ + "/access";
  ASSERT_TRUE(make_owner_folder(inner));
  ASSERT_TRUE(make_owner_folder(inner));
  struct stat found {};
  ASSERT_EQ(::stat(inner.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0700U);
  ASSERT_EQ(::chmod(inner.c_str(), 0755), 0);
  EXPECT_EQ(make_owner_folder(inner).error().code, Code::auth);
  EXPECT_EQ(make_owner_folder(folder_ + "/none/access").error().code, Code::config);
}

}  // namespace
}  // namespace meshgate::base
