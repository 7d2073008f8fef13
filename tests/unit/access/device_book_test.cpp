#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "gateway/access/device_book.hpp"
#include "tests/unit/access/sign_in_fixture.hpp"

namespace meshgate::access {
namespace {

Device device(const std::string& id, const std::string& user = "ann") {
  Device out;
  out.id = id;
  out.user = user;
  out.user_name = user;
  out.name = "ann's \"phone\"\n\xE2\x80\xA8";
  out.key = std::string(32, 'k');
  out.enrolled = out.seen = Micros{1};
  out.until = Micros{1000};
  out.family = std::string(32, 'f');
  out.current = std::string(32, 'c');
  return out;
}

class Book : public testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<DeviceBook> open() const {
    auto opened = DeviceBook::open(file_);
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(*opened) : nullptr;
  }
  [[nodiscard]] std::string text() const {
    std::ifstream in(file_);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  access::test::Folder folder_;
  std::string file_ = folder_.path() + "/devices";
};

TEST_F(Book, KeepsWhatIsWrittenOverAStart) {
  {
    const auto book = open();
    ASSERT_TRUE(book->add(device("1")));
    ASSERT_TRUE(book->add(device("2", "bob")));
    ASSERT_TRUE(book->change("1", [](Device& one) -> Status {
      one.previous = std::exchange(one.current, std::string(32, 'd'));
      return {};
    }));
    ASSERT_TRUE(book->remove({"2", "none"}));
  }
  const auto book = open();
  ASSERT_EQ(book->size(), 1U);
  auto expected = device("1");
  expected.previous = std::exchange(expected.current, std::string(32, 'd'));
  EXPECT_EQ(*book->find("1"), expected);
  EXPECT_TRUE(book->holds("1", "ann"));
  EXPECT_FALSE(book->holds("1", "bob"));
  EXPECT_FALSE(book->holds("2", "bob"));
}

TEST_F(Book, WritesNothingOfAChangeThatIsRefused) {
  const auto book = open();
  ASSERT_TRUE(book->add(device("1")));
  const auto before = text();
  const auto refused = book->change("1", [](Device& one) -> Status {
    one.name = "other";
    return Error{Code::auth, "no"};
  });
  EXPECT_EQ(refused.error().code, Code::auth);
  EXPECT_EQ(text(), before);
  EXPECT_EQ(book->find("1")->name, device("1").name);
  EXPECT_EQ(book->change("2", [](Device&) { return Status(); }).error().code, Code::not_found);
}

TEST_F(Book, DropsALineThatACrashCutShortAndNoOther) {
  std::string whole;
  {
    const auto book = open();
    ASSERT_TRUE(book->add(device("1")));
    whole = text();
    ASSERT_TRUE(book->add(device("2")));
  }
  const auto both = text();
  for (std::size_t size = whole.size(); size <= both.size(); size = std::min(size + 41, std::max(size + 1, both.size() - 2))) {
    std::ofstream(file_, std::ios::trunc) << both.substr(0, size);
    const auto book = open();
    ASSERT_TRUE(book->find("1")) << size;
    EXPECT_EQ(book->find("2").has_value(), size == both.size()) << size;
    ASSERT_TRUE(book->add(device("3")));
    EXPECT_TRUE(open()->find("3")) << size;
  }
  std::ofstream(file_, std::ios::trunc) << "damaged\n" << whole;
  const auto refused = DeviceBook::open(file_);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("line 1"), std::string::npos) << refused.error().message;
}

TEST_F(Book, IsWrittenAnewBeforeItGrowsWithoutEnd) {
  constexpr std::size_t kSpare = 50;
  const auto opened = DeviceBook::open(file_, kSpare);
  ASSERT_TRUE(opened);
  DeviceBook& book = **opened;
  ASSERT_TRUE(book.add(device("1")));
  const std::size_t line = text().size();
  for (int i = 0; i < 130; ++i) {
    ASSERT_TRUE(book.change("1", [&](Device& one) -> Status {
      one.seen = Micros{1000 + i};
      return {};
    }));
    ASSERT_LE(text().size(), (kSpare + 4) * (line + 8));
  }
  EXPECT_EQ(open()->find("1")->seen, Micros{1129});
}

TEST_F(Book, IsReadByItsOwnerAlone) {
  (void)open();
  struct stat found {};
  ASSERT_EQ(::stat(file_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  ASSERT_EQ(::chmod(file_.c_str(), 0640), 0);
  EXPECT_EQ(DeviceBook::open(file_).error().code, Code::auth);
}

/// A child revokes and answers over a pipe, and is killed in the middle of it: whatever it answered for is so afterwards.
TEST_F(Book, LosesNoRevocationThatWasAnsweredWhenItIsKilled) {
  constexpr int kDevices = 150;
  {
    const auto book = open();
    for (int i = 0; i < kDevices; ++i) ASSERT_TRUE(book->add(device(std::to_string(i))));
  }
  int answers[2];
  ASSERT_EQ(::pipe(answers), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto book = DeviceBook::open(file_);
    for (int i = 0; book && i < kDevices; ++i) {
      if (!(*book)->remove({std::to_string(i)}) || ::write(answers[1], &i, sizeof i) != sizeof i) break;
    }
    ::pause();
    ::_exit(1);
  }
  int answered = 0;
  while (answered < kDevices / 3) ASSERT_EQ(::read(answers[0], &answered, sizeof answered), static_cast<ssize_t>(sizeof answered));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(answers[1]);
  while (::read(answers[0], &answered, sizeof answered) == static_cast<ssize_t>(sizeof answered)) {
  }
  ::close(answers[0]);
  const auto book = open();
  for (int i = 0; i <= answered; ++i) EXPECT_FALSE(book->find(std::to_string(i))) << i;
  for (int i = answered + 2; i < kDevices; ++i) EXPECT_TRUE(book->find(std::to_string(i))) << i;
}

}  // namespace
}  // namespace meshgate::access
