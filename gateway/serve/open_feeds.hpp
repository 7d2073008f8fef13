#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "gateway/net/loops.hpp"
#include "gateway/store/store.hpp"

namespace meshgate::serve {

/// A feed that is being read, and the bell that its commits ring.
struct OpenFeed {
  explicit OpenFeed(std::shared_ptr<store::Feed> what);

  const std::shared_ptr<store::Feed> feed;
  const std::shared_ptr<net::Bell> bell;  ///< shared with the subscription: a commit under way may still ring it
  const std::shared_ptr<void> subscription;
};

/// The feeds readers have asked for. Thread safe; a feed that was dropped is forgotten at the next look.
class OpenFeeds {
 public:
  explicit OpenFeeds(store::Store& store) : store_(store) {}

  /// The feed, or Code::not_found. Never creates one. Blocks.
  Result<std::shared_ptr<OpenFeed>> find(const std::string& name);
  void ring_all();

 private:
  store::Store& store_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<OpenFeed>, std::less<>> open_;
};

}  // namespace meshgate::serve
