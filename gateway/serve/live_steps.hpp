#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "gateway/base/blocking.hpp"
#include "gateway/serve/step.hpp"

namespace meshgate::serve {

/// The partitions of a feed that are being followed, and the one read for all of their readers that a commit leads to. Thread safe.
class LiveSteps : public std::enable_shared_from_this<LiveSteps> {
 public:
  /// `every` rings when the steps of any feed have moved on.
  LiveSteps(std::shared_ptr<store::Feed> feed, base::BlockingPool& pool, std::shared_ptr<net::Bell> every)
      : feed_(std::move(feed)), pool_(pool), every_(std::move(every)) {}

  /// The steps of the partition of a reader that has read it to its end.
  std::shared_ptr<Steps> of(const Place& place, const std::optional<Standing>& standing);
  /// How many partitions the feed has, kept up with the commits for as long as somebody holds it.
  std::shared_ptr<const std::atomic<std::size_t>> roster();
  /// Has the pool read what was committed, once for all commits until it begins. When the pool is full, readers are woken to do it
  /// themselves. Never blocks for long.
  void committed();
  /// Wakes all who wait.
  void ring_all();

 private:
  void advance();
  void give_up();
  std::shared_ptr<std::atomic<std::size_t>> roster_now();
  [[nodiscard]] std::vector<std::shared_ptr<Steps>> all();

  const std::shared_ptr<store::Feed> feed_;
  base::BlockingPool& pool_;
  const std::shared_ptr<net::Bell> every_;
  std::atomic<bool> asked_{false};
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<Steps>, std::less<>> followed_;
  std::weak_ptr<std::atomic<std::size_t>> roster_;
  std::set<std::shared_ptr<Steps>> given_up_;  ///< kept until the pool is free: a call from the store must not end a subscription to it
};

}  // namespace meshgate::serve
