#include "gateway/publish/publishing.hpp"

#include <algorithm>

namespace meshgate::publish {

Publishing::Publishing(const std::vector<Publication>& publications, store::Store& store, base::Log& log, base::Metrics& metrics) {
  for (const Publication& one : publications) publishers_.push_back(std::make_unique<Publisher>(one, store, log, metrics));
}

Publishing::~Publishing() { stop(); }

void Publishing::stop() {
  for (const auto& publisher : publishers_) publisher->stop();
}

std::optional<Standing> Publishing::standing(std::string_view feed) const {
  const auto found = std::ranges::find(publishers_, feed, [](const auto& one) -> std::string_view { return one->feed(); });
  return found == publishers_.end() ? std::nullopt : std::optional((*found)->standing());
}

}  // namespace meshgate::publish
