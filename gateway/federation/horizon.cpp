#include "gateway/federation/horizon.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace meshgate::federation {

namespace {

std::chrono::seconds between(Horizon::Time from, Horizon::Time to) { return std::chrono::duration_cast<std::chrono::seconds>(to - from); }

/// What makes a node the same, over whichever others it is known: its key, else its name where it was seen.
std::string identity(const SeenNode& node) {
  if (!node.key.empty()) return node.key;
  return node.node + '\n' + (node.over.empty() ? std::string() : node.over.back());
}

}  // namespace

void Horizon::hear(const std::string& neighbour, const std::string& called, Outlook said, Time at) {
  if (!said.self.key.empty() && said.self.key == own_) return;
  std::ranges::stable_sort(said.nodes, {}, [](const SeenNode& one) { return one.over.size(); });
  Report report{at, {std::move(said.self)}};
  const std::string key = report.nodes.front().key;
  for (SeenNode& one : said.nodes) {
    const bool itself = !one.key.empty() && (one.key == own_ || one.key == key);
    if (itself || one.over.size() >= SeenNode::kMostOver) continue;
    one.over.insert(one.over.begin(), called);
    report.nodes.push_back(std::move(one));
  }
  const std::lock_guard lock(mutex_);
  std::erase_if(reports_, [&](const auto& one) { return between(one.second.at, at) > kForgotten; });
  reports_.insert_or_assign(neighbour, std::move(report));
  make_room();
}

void Horizon::make_room() {
  const auto total = [&] {
    std::size_t out = 0;
    for (const auto& [neighbour, report] : reports_) out += report.nodes.size();
    return out;
  };
  for (std::size_t count = total(); count > kMost; --count) {
    const auto largest = std::ranges::max_element(reports_, {}, [](const auto& one) { return std::pair(one.second.nodes.size(), -one.second.at.time_since_epoch()); });
    largest->second.nodes.pop_back();
    if (largest->second.nodes.empty()) reports_.erase(largest);
  }
}

std::vector<Horizon::Known> Horizon::known(Time at) const {
  std::vector<Known> all;
  for (const auto& [neighbour, report] : reports_) {
    for (const SeenNode& node : report.nodes) {
      const auto age = node.age + between(report.at, at);
      if (age > kForgotten) continue;
      all.push_back({&neighbour, node});
      all.back().node.age = age;
    }
  }
  std::ranges::stable_sort(all, {}, [](const Known& one) { return std::tuple(one.node.over.size(), one.node.age); });
  std::set<std::string> met;
  std::erase_if(all, [&](const Known& one) { return !met.insert(identity(one.node)).second; });
  return all;
}

std::vector<SeenNode> Horizon::nodes(Time at) const {
  const std::lock_guard lock(mutex_);
  std::vector<SeenNode> out;
  for (Known& one : known(at)) out.push_back(std::move(one.node));
  return out;
}

std::vector<SeenNode> Horizon::nodes_for(std::string_view neighbour, Time at) const {
  const std::lock_guard lock(mutex_);
  std::vector<SeenNode> out;
  for (Known& one : known(at)) {
    if (*one.neighbour != neighbour) out.push_back(std::move(one.node));
  }
  return out;
}

bool Horizon::hears(std::string_view neighbour, Time at) const {
  const std::lock_guard lock(mutex_);
  const auto own = reports_.find(neighbour);
  return own != reports_.end() && between(own->second.at, at) <= kForgotten;
}

}  // namespace meshgate::federation
