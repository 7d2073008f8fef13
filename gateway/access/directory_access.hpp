#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gateway/access/access.hpp"
#include "gateway/access/account.hpp"
#include "gateway/access/directory.hpp"
#include "gateway/access/directory_feed.hpp"
#include "gateway/access/knowledge.hpp"
#include "gateway/access/policy.hpp"
#include "gateway/access/refresh_token.hpp"
#include "gateway/base/log.hpp"
#include "gateway/base/metrics.hpp"
#include "gateway/store/store.hpp"

namespace meshgate::access {

/// Access by a policy and the feeds `_users` and `_groups`, which a thread of its own follows. Questions wait for at most one change of the directory
/// being taken in. Until both feeds were read to their ends and are not loading, and again when they cannot be read, nobody is let in or turned away by
/// what the directory says.
class DirectoryAccess final : public Access {
 public:
  /// Reads what the store has of the directory. `heard`: what other nodes have said, and how old it is; null: nothing is followed. Blocks. Store and knowledge outlive it.
  static Result<std::shared_ptr<DirectoryAccess>> start(Policy policy, store::Store& store, Knowledge* heard, base::Log& log, base::Metrics& metrics);
  ~DirectoryAccess() override;
  DirectoryAccess(const DirectoryAccess&) = delete;
  DirectoryAccess& operator=(const DirectoryAccess&) = delete;

  [[nodiscard]] Sight sight(const Principal& who, std::string_view feed, std::string_view partition) const override;
  [[nodiscard]] Sight sight(const Principal& who, std::string_view feed) const override;
  [[nodiscard]] bool open_to_all(std::string_view feed) const override;
  [[nodiscard]] std::optional<Role> role(const Principal& who) const override;
  [[nodiscard]] std::optional<std::string> rights(const Principal& who) const override;
  [[nodiscard]] Grounds grounds() const override;
  [[nodiscard]] Explanation explain(std::string_view person, std::string_view feed, std::optional<std::string_view> partition) const override;
  [[nodiscard]] std::shared_ptr<void> subscribe(std::function<void()> on_change) override;
  /// Other rules from now on. Where they ask for other fields of people the directory is read again first. Which feeds are the directory stays as it was.
  void use(Policy policy);

  /// Whom a login name means. Code::not_found: nobody, or more than one; Code::retry: not known at present.
  [[nodiscard]] Result<Account> named(std::string_view login) const;
  /// Who has an anchor, in the same way. Code::unsupported: there is no directory.
  [[nodiscard]] Result<Account> anchored(std::string_view anchor) const;

 private:
  class People;
  class Groups;
  struct Subscribers;

  DirectoryAccess(Policy policy, Knowledge* heard, base::Log& log, base::Metrics& metrics);
  Status open(store::Store& store);
  void run();
  void take_up(Policy policy);
  /// False: a feed cannot be read.
  bool catch_up();
  bool fail(const Error& error);
  void set_sure(bool sure);
  void ring() const;
  /// Notes how far the directory has come here, and whether all that is known has become too old. True: that has changed.
  bool look_at_age();
  /// Whether decisions may rest on the directory.
  [[nodiscard]] bool known() const { return sure_ && !stale_; }
  /// The person who asks; null: none the directory lets in.
  [[nodiscard]] const Person* let_in(const Principal& who) const;
  [[nodiscard]] Sight decide(const Principal& who, std::string_view feed, std::optional<std::string_view> partition) const;
  [[nodiscard]] Sight judge(const Rules& rules, const Principal& who, std::optional<std::string_view> partition) const;
  [[nodiscard]] Explanation explain_all(std::string_view text, std::string_view feed, std::optional<std::string_view> partition) const;
  [[nodiscard]] Explanation explain_by(const Rules& rules, std::string_view text, std::optional<std::string_view> partition) const;
  [[nodiscard]] Result<Account> account(const Person* person, std::string_view text) const;

  Knowledge* const heard_;
  base::Log& log_;
  base::Gauge& people_gauge_;
  base::Gauge& groups_gauge_;
  base::Gauge& sure_gauge_;

  mutable std::shared_mutex mutex_;  ///< of the two behind it; only the following thread changes them
  Policy policy_;
  std::string policy_name_ = random_name();  ///< another one for each policy
  Directory directory_;
  std::atomic<bool> sure_{false};
  std::atomic<bool> stale_{false};
  std::shared_ptr<Subscribers> subscribers_;

  std::vector<std::unique_ptr<DirectoryItems>> items_;
  std::vector<std::unique_ptr<DirectoryFeed>> feeds_;
  std::vector<std::shared_ptr<store::Feed>> followed_;  ///< of these, what comes from peers
  bool failing_ = false;

  std::mutex waking_;
  std::condition_variable wake_;
  bool pending_ = false;
  std::optional<Policy> next_policy_;
  std::atomic<bool> stop_{false};
  std::vector<std::shared_ptr<void>> subscriptions_;
  std::thread thread_;
};

}  // namespace meshgate::access
