#include "gateway/serve/followers.hpp"

#include <algorithm>

namespace meshgate::serve {

namespace {

constexpr std::size_t kLongestName = 64;

bool is_name(std::string_view text) {
  const auto fine = [](unsigned char one) { return one >= 0x20 && one != 0x7f; };
  return !text.empty() && text.size() <= kLongestName && std::ranges::all_of(text, fine);
}

}  // namespace

void Follower::sent(const std::string& feed, Seq seq) {
  last = now().count;
  const auto at = feeds.find(feed);
  if (at != feeds.end() && at->second.sent < number(seq)) at->second.sent = number(seq);
}

std::shared_ptr<Follower> Followers::arrives(const net::Request& request, const access::Principal& who, const SyncQuestion& question) {
  const auto name = request.fields.find("Meshgate-Node");
  if (!name || !is_name(*name)) return nullptr;
  auto out = std::make_shared<Follower>();
  out->node = *name;
  out->subject = request.client;
  out->since = now();
  out->last = out->since.count;
  for (const auto& wish : question.feeds) {
    auto& feed = out->feeds[wish.feed];
    if (wish.partition) feed.partitions.push_back(*wish.partition);
    for (const auto& [partition, cursor] : wish.cursors) feed.asked = std::max(feed.asked, cursor.seq);
  }
  const std::lock_guard lock(mutex_);
  const std::array key{out->subject, who.device, out->node};
  if (!nodes_.contains(key) && nodes_.size() >= kMost) {
    std::erase_if(nodes_, [](const auto& one) { return !one.second->here; });
    if (nodes_.size() >= kMost) return nullptr;
  }
  auto& own = nodes_[key];
  out->questions = own ? own->questions + 1 : 1;
  own = out;
  return out;
}

std::vector<std::shared_ptr<const Follower>> Followers::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<const Follower>> out;
  for (const auto& [key, one] : nodes_) out.push_back(one);
  return out;
}

}  // namespace meshgate::serve
