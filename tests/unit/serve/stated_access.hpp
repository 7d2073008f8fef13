#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "gateway/access/access.hpp"

namespace meshgate::serve::test {

/// Rights as a test states them: a feed is open to all until it is closed; then it is read by those who were granted a partition of it. Whoever
/// asked to be told hears of every change.
class StatedAccess final : public access::Access {
 public:
  using Sight = access::Sight;
  using Role = access::Role;

  void close(const std::string& feed) {
    change([&] { closed_.insert(feed); });
  }
  void open(const std::string& feed) {
    change([&] { closed_.erase(feed); });
  }
  void grant(const std::string& user, const std::string& feed, const std::string& partition = "") {
    change([&] { grants_.emplace(user, feed, partition); });
  }
  void revoke(const std::string& user, const std::string& feed, const std::string& partition = "") {
    change([&] { grants_.erase({user, feed, partition}); });
  }
  /// From everybody, also where the feed is open.
  void hide(const std::string& feed, const std::string& partition) {
    change([&] { hidden_.emplace(feed, partition); });
  }
  void show(const std::string& feed, const std::string& partition) {
    change([&] { hidden_.erase({feed, partition}); });
  }
  void set_role(const std::string& user, Role role) {
    change([&] { roles_[user] = role; });
  }
  /// Of those who have none of their own.
  void set_role_of_all(Role role) {
    change([&] { role_of_all_ = role; });
  }
  /// The directory is not caught up.
  void set_unsure(bool unsure) {
    change([&] { unsure_ = unsure; });
  }

  [[nodiscard]] Sight sight(const access::Principal& who, std::string_view feed, std::string_view partition) const override {
    const std::lock_guard lock(mutex_);
    if (hidden_.contains({std::string(feed), std::string(partition)})) return Sight::denied;
    if (!closed_.contains(feed)) return Sight::allowed;
    if (who.anonymous()) return Sight::denied;
    if (unsure_) return Sight::unsure;
    return grants_.contains({who.user, std::string(feed), std::string(partition)}) ? Sight::allowed : Sight::denied;
  }
  [[nodiscard]] Sight sight(const access::Principal& who, std::string_view feed) const override {
    const std::lock_guard lock(mutex_);
    if (!closed_.contains(feed)) return Sight::allowed;
    if (who.anonymous()) return Sight::denied;
    if (unsure_) return Sight::unsure;
    const auto first = grants_.lower_bound({who.user, std::string(feed), ""});
    const bool any = first != grants_.end() && std::get<0>(*first) == who.user && std::get<1>(*first) == feed;
    return any ? Sight::allowed : Sight::denied;
  }
  [[nodiscard]] bool open_to_all(std::string_view feed) const override {
    const std::lock_guard lock(mutex_);
    return !closed_.contains(feed);
  }
  [[nodiscard]] std::optional<Role> role(const access::Principal& who) const override {
    const std::lock_guard lock(mutex_);
    if (unsure_ && !who.anonymous()) return std::nullopt;
    const auto own = roles_.find(who.user);
    return own == roles_.end() ? role_of_all_ : own->second;
  }
  [[nodiscard]] std::optional<std::string> rights(const access::Principal& who) const override {
    const std::lock_guard lock(mutex_);
    if (unsure_ && !who.anonymous()) return std::nullopt;
    return std::to_string(changes_);
  }
  [[nodiscard]] access::Explanation explain(std::string_view, std::string_view, std::optional<std::string_view>) const override { return {}; }
  [[nodiscard]] std::shared_ptr<void> subscribe(std::function<void()> on_change) override {
    const std::lock_guard lock(told_mutex_);
    const auto number = ++last_;
    told_[number] = std::move(on_change);
    return {nullptr, [this, number](void*) {
              const std::lock_guard guard(told_mutex_);
              told_.erase(number);
            }};
  }

 private:
  template <class Change>
  void change(Change what) {
    {
      const std::lock_guard lock(mutex_);
      what();
      ++changes_;
    }
    const std::lock_guard lock(told_mutex_);
    for (const auto& [number, tell] : told_) tell();
  }

  mutable std::mutex mutex_;
  std::set<std::string, std::less<>> closed_;
  std::set<std::tuple<std::string, std::string, std::string>> grants_;
  std::set<std::pair<std::string, std::string>> hidden_;
  std::map<std::string, Role, std::less<>> roles_;
  Role role_of_all_ = Role::viewer;
  bool unsure_ = false;
  std::uint64_t changes_ = 0;
  std::mutex told_mutex_;
  std::map<int, std::function<void()>> told_;
  int last_ = 0;
};

}  // namespace meshgate::serve::test
