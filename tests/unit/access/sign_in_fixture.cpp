#include "tests/unit/access/sign_in_fixture.hpp"

#include <filesystem>
#include <thread>

namespace meshgate::access::test {

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "meshgate-access-XXXXXX").string();
  if (mkdtemp(name.data()) != nullptr) path_ = name;
}

Folder::~Folder() { std::filesystem::remove_all(path_); }

StatedPeople::StatedPeople() {
  add("ann", "Correct-Horse-1");
  add("bob", "Battery-Staple-2");
}

Result<Account> StatedPeople::find(std::string_view text, std::string Account::*by) {
  const std::lock_guard lock(mutex_);
  if (failing_) return *failing_;
  for (const auto& [name, one] : people_) {
    if (one.account.*by == text) return one.account;
  }
  return Error{Code::not_found, "nobody"};
}

Status StatedPeople::verify(std::string_view anchor, std::string_view password) {
  std::unique_lock lock(mutex_);
  asked_.emplace_back(anchor);
  if (failing_) return *failing_;
  for (const auto& [name, one] : people_) {
    if (one.account.anchor != anchor) continue;
    const bool same = one.password == password;
    const auto time = std::uniform_int_distribution<std::int64_t>(0, most_time_)(random_);
    lock.unlock();
    std::this_thread::sleep_for(std::chrono::microseconds(time));
    return same ? Status() : Status(Error{Code::auth, "refused"});
  }
  return Error{Code::auth, "refused"};
}

void StatedPeople::add(const std::string& name, const std::string& password) {
  const std::lock_guard lock(mutex_);
  people_[name] = {{"anchor-" + name, name, false}, password};
}

void StatedPeople::take_time(std::int64_t most, std::uint32_t seed) {
  const std::lock_guard lock(mutex_);
  most_time_ = most;
  random_.seed(seed);
}

People StatedPeople::people() {
  People out;
  out.named = [this](std::string_view name) { return find(name, &Account::name); };
  out.anchored = [this](std::string_view anchor) { return find(anchor, &Account::anchor); };
  out.verify = [this](std::string_view anchor, std::string_view, std::string_view password) { return verify(anchor, password); };
  return out;
}

void StatedPeople::disable(const std::string& name) {
  const std::lock_guard lock(mutex_);
  people_[name].account.disabled = true;
}

void StatedPeople::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  people_.erase(name);
}

void StatedPeople::fail(std::optional<Error> error) {
  const std::lock_guard lock(mutex_);
  failing_ = std::move(error);
}

std::vector<std::string> StatedPeople::asked() {
  const std::lock_guard lock(mutex_);
  return asked_;
}

std::string KeptLog::text() {
  const std::lock_guard lock(mutex_);
  return text_;
}

void KeptLog::put(const std::string& line) {
  const std::lock_guard lock(mutex_);
  text_.append(line).append("\n");
}

void SignInFixture::open() {
  sign_in_.reset();
  auto opened = SignIn::open({folder_.path() + "/access", "hq", [this] { return Micros{clock_}; }}, options_, people_.people(), log_, metrics_);
  ASSERT_TRUE(opened) << opened.error().message;
  sign_in_ = std::move(*opened);
}

Attempt SignInFixture::attempt(const std::string& name, const std::string& password) const {
  Attempt out;
  out.name = name;
  out.password = password;
  out.address = "10.0.0.1";
  out.device = "phone";
  return out;
}

Grant SignInFixture::signed_in(const std::string& name, const std::string& key) {
  Attempt who = attempt(name, name == "ann" ? "Correct-Horse-1" : "Battery-Staple-2");
  who.key = key;
  auto grant = sign_in_->sign_in(who);
  EXPECT_TRUE(grant) << grant.error().message;
  return grant ? *grant : Grant{};
}

}  // namespace meshgate::access::test
