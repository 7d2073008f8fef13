#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "gateway/net/loops.hpp"
#include "gateway/store/store.hpp"

namespace meshgate::serve {

class LiveSteps;

/// A feed that is being read, the bell that its commits ring, and the steps its live readers take.
struct OpenFeed {
  OpenFeed(std::shared_ptr<store::Feed> what, base::BlockingPool& pool, std::shared_ptr<net::Bell> every);

  const std::shared_ptr<store::Feed> feed;
  const std::shared_ptr<net::Bell> bell;  ///< shared with the subscription: a commit under way may still ring it
  const std::shared_ptr<LiveSteps> steps;
  const std::shared_ptr<void> subscription;
};

/// What is said of a feed that is not there.
Error unknown_feed(std::string_view name);

/// The feeds readers have asked for. Thread safe; a feed that was dropped is forgotten at the next look.
class OpenFeeds {
 public:
  OpenFeeds(store::Store& store, base::BlockingPool& pool) : store_(store), pool_(pool) {}

  /// The feed, or Code::not_found. Never creates one. Blocks.
  Result<std::shared_ptr<OpenFeed>> find(const std::string& name);
  void ring_all();
  /// Rings when what was committed to any feed can be read.
  [[nodiscard]] net::Bell& every() { return *every_; }

 private:
  store::Store& store_;
  base::BlockingPool& pool_;
  const std::shared_ptr<net::Bell> every_ = std::make_shared<net::Bell>();
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<OpenFeed>, std::less<>> open_;
};

}  // namespace meshgate::serve
