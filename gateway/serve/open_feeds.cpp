#include "gateway/serve/open_feeds.hpp"

#include <algorithm>

#include "gateway/serve/live_steps.hpp"

namespace meshgate::serve {

OpenFeed::OpenFeed(std::shared_ptr<store::Feed> what, base::BlockingPool& pool, std::shared_ptr<net::Bell> every)
    : feed(std::move(what)),
      bell(std::make_shared<net::Bell>()),
      steps(std::make_shared<LiveSteps>(feed, pool, std::move(every))),
      subscription(feed->subscribe([own = bell, live = steps] {
        own->ring();
        live->committed();
      })) {}

Error unknown_feed(std::string_view name) {
  return {Code::not_found, "there is no feed '" + std::string(name.substr(0, 200)) + "' on this node; GET /feeds lists those there are"};
}

Result<std::shared_ptr<OpenFeed>> OpenFeeds::find(const std::string& name) {
  const auto names = store_.names();
  const std::lock_guard lock(mutex_);
  const auto known = open_.find(name);
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    if (known != open_.end()) open_.erase(known);
    return unknown_feed(name);
  }
  auto feed = store_.feed(name);
  if (!feed) return std::move(feed).error();
  // Dropped and made again under the same name, it is another feed.
  if (known != open_.end() && known->second->feed == *feed) return known->second;
  auto opened = std::make_shared<OpenFeed>(std::move(*feed), pool_, every_);
  open_[name] = opened;
  return opened;
}

void OpenFeeds::ring_all() {
  const std::lock_guard lock(mutex_);
  for (auto& [name, one] : open_) {
    one->bell->ring();
    one->steps->ring_all();
  }
  every_->ring();
}

}  // namespace meshgate::serve
