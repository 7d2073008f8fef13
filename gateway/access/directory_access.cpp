#include "gateway/access/directory_access.hpp"

#include <algorithm>
#include <chrono>
#include <map>

#include "mesh/feed_names.hpp"

namespace meshgate::access {

namespace {

constexpr std::chrono::seconds kTryAgain{1};
constexpr std::chrono::milliseconds kLook{500};  ///< how often it is looked how old everything is

bool from_peers(const Knowledge& heard, std::string_view feed) {
  return std::ranges::any_of(heard.reliance().feeds, [&](const auto& one) { return one.name == feed; });
}

}  // namespace

/// Takes people in.
class DirectoryAccess::People final : public DirectoryItems {
 public:
  explicit People(DirectoryAccess& access) : access_(access) {}
  void put(std::string_view id, std::string_view content, Micros at) override {
    auto entry = reader_.person(content, access_.policy_.attributes());
    const std::unique_lock lock(access_.mutex_);
    access_.directory_.put_person(id, std::move(entry), at);
  }
  void gone(std::string_view id) override {
    const std::unique_lock lock(access_.mutex_);
    access_.directory_.remove_person(id);
  }
  void forget() override {
    const std::unique_lock lock(access_.mutex_);
    access_.sure_ = false;
    access_.directory_.clear_people();
  }

 private:
  DirectoryAccess& access_;
  EntryReader reader_;
};

/// Takes groups in. Members are looked up beside those who ask.
class DirectoryAccess::Groups final : public DirectoryItems {
 public:
  explicit Groups(DirectoryAccess& access) : access_(access) {}
  void put(std::string_view id, std::string_view content, Micros at) override {
    const auto entry = reader_.group(content);
    auto members = access_.directory_.look_up(entry.members);
    const std::unique_lock lock(access_.mutex_);
    access_.directory_.put_group(id, entry, std::move(members), at);
  }
  void gone(std::string_view id) override {
    const std::unique_lock lock(access_.mutex_);
    access_.directory_.remove_group(id);
  }
  void forget() override {
    const std::unique_lock lock(access_.mutex_);
    access_.sure_ = false;
    access_.directory_.clear_groups();
  }

 private:
  DirectoryAccess& access_;
  EntryReader reader_;
};

struct DirectoryAccess::Subscribers {
  std::mutex mutex;
  std::uint64_t next = 0;
  std::map<std::uint64_t, std::function<void()>> calls;
};

DirectoryAccess::DirectoryAccess(Policy policy, Knowledge* heard, base::Log& log, base::Metrics& metrics)
    : heard_(heard == nullptr || heard->reliance().none() ? nullptr : heard),
      log_(log),
      people_gauge_(metrics.gauge("meshgate_directory_people", "People the directory has.")),
      groups_gauge_(metrics.gauge("meshgate_directory_groups", "Groups the directory has.")),
      sure_gauge_(metrics.gauge("meshgate_directory_sure", "1 while it is known who may see what, 0 until the directory was read.")),
      policy_(std::move(policy)),
      subscribers_(std::make_shared<Subscribers>()) {}

Result<std::shared_ptr<DirectoryAccess>> DirectoryAccess::start(Policy policy, store::Store& store, Knowledge* heard, base::Log& log,
                                                                base::Metrics& metrics) {
  std::shared_ptr<DirectoryAccess> out(new DirectoryAccess(std::move(policy), heard, log, metrics));
  if (auto opened = out->open(store); !opened) return std::move(opened).error();
  (void)out->look_at_age();
  out->failing_ = !out->catch_up();
  out->thread_ = std::thread([access = out.get()] { access->run(); });
  return out;
}

Status DirectoryAccess::open(store::Store& store) {
  const auto follow = [&](std::string_view name, std::unique_ptr<DirectoryItems> items) -> Status {
    auto feed = store.feed(name);
    if (!feed) return std::move(feed).error();
    subscriptions_.push_back((*feed)->subscribe([this] {
      const std::lock_guard lock(waking_);
      pending_ = true;
      wake_.notify_one();
    }));
    if (heard_ != nullptr && from_peers(*heard_, name)) followed_.push_back(*feed);
    feeds_.push_back(std::make_unique<DirectoryFeed>(std::move(*feed), *items));
    items_.push_back(std::move(items));
    return {};
  };
  Status done;
  if (policy_.has_users()) done = follow(kUsersFeed, std::make_unique<People>(*this));
  if (done && policy_.has_groups()) done = follow(kGroupsFeed, std::make_unique<Groups>(*this));
  return done;
}

DirectoryAccess::~DirectoryAccess() {
  subscriptions_.clear();
  {
    const std::lock_guard lock(waking_);
    stop_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void DirectoryAccess::run() {
  for (;;) {
    std::optional<Policy> policy;
    {
      std::unique_lock lock(waking_);
      const auto called = [this] { return pending_ || stop_; };
      if (failing_) wake_.wait_for(lock, kTryAgain, called);
      else if (heard_ != nullptr) wake_.wait_for(lock, kLook, called);
      else wake_.wait(lock, called);
      if (stop_) return;
      pending_ = false;
      policy.swap(next_policy_);
    }
    if (policy) take_up(std::move(*policy));
    failing_ = !catch_up();
    if (look_at_age()) ring();
  }
}

bool DirectoryAccess::look_at_age() {
  if (heard_ == nullptr) return false;
  for (const auto& feed : followed_) {
    const auto state = feed->state();
    heard_->heard(state.name, state.as_of);
  }
  const bool stale = heard_->stale();
  if (stale_.exchange(stale) == stale) return false;
  if (stale) log_.warning("access", "who may see what was heard too long ago (`node.access.stale`): nobody is let in or turned away until it is heard again");
  else log_.info("access", "who may see what was heard again");
  return true;
}

Grounds DirectoryAccess::grounds() const {
  if (heard_ == nullptr) return {};
  return {heard_->age(), stale_};
}

void DirectoryAccess::use(Policy policy) {
  const std::lock_guard lock(waking_);
  next_policy_ = std::move(policy);
  pending_ = true;
  wake_.notify_one();
}

void DirectoryAccess::take_up(Policy policy) {
  const bool same_fields = std::ranges::equal(policy_.attributes(), policy.attributes());
  {
    const std::unique_lock lock(mutex_);
    policy_ = std::move(policy);
    policy_name_ = random_name();
    if (!same_fields && !feeds_.empty()) sure_ = false;
  }
  for (const auto& feed : feeds_) {
    if (!same_fields) feed->start_over();
  }
  ring();
}

/// A page of each in turn, so that neither waits for the whole of the other.
bool DirectoryAccess::catch_up() {
  for (bool more = true; more && !stop_;) {
    more = false;
    bool changed = false;
    for (const auto& feed : feeds_) {
      const auto step = feed->step();
      if (!step) return fail(step.error());
      more = more || step->more;
      changed = changed || step->changed;
    }
    set_sure(std::ranges::all_of(feeds_, [](const auto& feed) { return feed->sure(); }));
    if (changed) ring();
  }
  return true;
}

bool DirectoryAccess::fail(const Error& error) {
  if (!failing_) log_.error("access", "the directory cannot be read, so nobody is let in or turned away: " + error.message);
  set_sure(false);
  ring();
  return false;
}

void DirectoryAccess::set_sure(bool sure) {
  people_gauge_.set(static_cast<double>(directory_.people_count()));
  groups_gauge_.set(static_cast<double>(directory_.group_count()));
  sure_gauge_.set(sure ? 1 : 0);
  if (sure_.exchange(sure) == sure || feeds_.empty()) return;
  log_.info("access", sure ? "the directory is read: " + std::to_string(directory_.people_count()) + " people, " + std::to_string(directory_.group_count()) + " groups"
                           : "the directory is not whole: nobody is let in or turned away");
}

void DirectoryAccess::ring() const {
  const std::lock_guard lock(subscribers_->mutex);
  for (const auto& [ticket, call] : subscribers_->calls) call();
}

std::shared_ptr<void> DirectoryAccess::subscribe(std::function<void()> on_change) {
  const std::lock_guard lock(subscribers_->mutex);
  const std::uint64_t ticket = subscribers_->next++;
  subscribers_->calls.emplace(ticket, std::move(on_change));
  return {nullptr, [subscribers = subscribers_, ticket](void*) {
            const std::lock_guard ending(subscribers->mutex);
            subscribers->calls.erase(ticket);
          }};
}

}  // namespace meshgate::access
