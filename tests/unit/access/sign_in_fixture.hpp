#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "gateway/access/sign_in.hpp"

namespace meshgate::access::test {

/// A folder that goes with the test.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A directory as the test states it: it stands in for the feed `_users` and for its source, which checks passwords.
class StatedPeople {
 public:
  struct Stated {
    Account account;
    std::string password;
  };
  StatedPeople();
  [[nodiscard]] People people();
  void add(const std::string& name, const std::string& password);
  /// How long the source takes over the password of somebody it knows, in microseconds: 0 to this.
  void take_time(std::int64_t most, std::uint32_t seed);
  /// Of the person with this login name.
  void disable(const std::string& name);
  void remove(const std::string& name);
  /// From now on nothing can be said; an empty one: it can again.
  void fail(std::optional<Error> error);
  [[nodiscard]] std::vector<std::string> asked();

 private:
  Result<Account> find(std::string_view text, std::string Account::*by);
  Status verify(std::string_view anchor, std::string_view password);

  std::mutex mutex_;
  std::map<std::string, Stated> people_;
  std::optional<Error> failing_;
  std::int64_t most_time_ = 0;
  std::mt19937 random_;
  std::vector<std::string> asked_;  ///< the anchors that a password was checked for
};

/// Keeps the lines that would be printed.
class KeptLog final : public base::Log {
 public:
  using base::Log::Log;
  [[nodiscard]] std::string text();

 protected:
  void put(const std::string& line) override;

 private:
  std::mutex mutex_;
  std::string text_;
};

/// Sign-in over a stated directory, at a time that the test sets.
class SignInFixture : public testing::Test {
 protected:
  static constexpr std::int64_t kStart = 1767608109000000;
  void SetUp() override { open(); }
  /// Again: as after a kill.
  void open();
  [[nodiscard]] Attempt attempt(const std::string& name, const std::string& password) const;
  Grant signed_in(const std::string& name = "ann", const std::string& key = {});
  void pass(std::chrono::microseconds time) { clock_ += time.count(); }
  Result<Principal> principal(const Grant& grant, Use use = Use::api) { return sign_in_->principal_of(grant.access, use); }

  Folder folder_;
  StatedPeople people_;
  KeptLog log_;
  base::Metrics metrics_;
  std::atomic<std::int64_t> clock_{kStart};
  SignInOptions options_;
  std::unique_ptr<SignIn> sign_in_;
};

}  // namespace meshgate::access::test
