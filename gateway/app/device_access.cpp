#include "gateway/app/device_access.hpp"

#include <simdjson.h>

#include <algorithm>
#include <vector>

#include "gateway/base/owner_file.hpp"
#include "gateway/store/forgetting.hpp"
#include "mesh/value.hpp"

namespace meshgate::app {

using access::Sight;

struct DeviceAccess::Subscribers {
  std::mutex mutex;
  std::uint64_t next = 0;
  std::map<std::uint64_t, std::function<void()>> all;

  void ring() {
    const std::lock_guard lock(mutex);
    for (const auto& [number, call] : all) call();
  }
};

DeviceAccess::DeviceAccess(std::string file, store::Store& store) : file_(std::move(file)), store_(store), subscribers_(std::make_shared<Subscribers>()) {}
DeviceAccess::~DeviceAccess() = default;

Result<std::shared_ptr<DeviceAccess>> DeviceAccess::open(std::string file, store::Store& store) {
  std::shared_ptr<DeviceAccess> out(new DeviceAccess(std::move(file), store));
  if (auto read = out->read(); !read) return std::move(read).error();
  return out;
}

Status DeviceAccess::read() {
  const auto kept = base::read_owner_file(file_);
  if (!kept) return kept.error();
  const std::string text = kept->value_or("");
  const auto names = store_.names();
  simdjson::dom::parser parser;
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = rest.find('\n');
    const simdjson::padded_string line(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    simdjson::dom::element root;
    std::string_view feed;
    std::string_view partition;
    const bool good = parser.parse(line).get(root) == simdjson::SUCCESS && root["feed"].get(feed) == simdjson::SUCCESS && root["partition"].get(partition) == simdjson::SUCCESS;
    if (!good) return Error{Code::corrupt, file_ + ": is not what this program wrote; remove it"};
    if (std::find(names.begin(), names.end(), feed) == names.end()) continue;
    auto held = store_.feed(feed);
    if (!held) return std::move(held).error();
    if (auto gone = store::forget(**held, partition); !gone) return gone;
    Lost& lost = lost_[std::string(feed)];
    lost.feed = *held;
    std::int64_t at = 0;
    lost.partitions[std::string(partition)] = {root["at"].get(at) == simdjson::SUCCESS ? Micros{at} : now(), true};
  }
  return {};
}

Status DeviceAccess::write() const {
  std::string text;
  for (const auto& [feed, lost] : lost_) {
    for (const auto& [partition, loss] : lost.partitions) {
      text += "{\"feed\":";
      append_json_string(text, feed);
      text += ",\"partition\":";
      append_json_string(text, partition);
      text.append(",\"at\":").append(std::to_string(loss.at.count)).append("}\n");
    }
  }
  return base::write_owner_file(file_, text);
}

void DeviceAccess::mark(const std::string& name, const std::shared_ptr<store::Feed>& feed, const std::optional<std::string>& partition) {
  const std::unique_lock lock(mutex_);
  ++version_;
  Lost& lost = lost_[name];
  lost.feed = feed;
  const auto state = feed->state();
  const Loss loss{std::max(now(), state.as_of)};
  if (partition) {
    lost.partitions[*partition] = loss;
    return;
  }
  for (const auto& one : state.partitions) lost.partitions[one.name] = loss;
}

Result<std::uint64_t> DeviceAccess::lose(const std::string& feed, const std::optional<std::string>& partition) {
  const std::lock_guard writing(writing_);
  auto held = store_.feed(feed);
  if (!held) return std::move(held).error();
  std::uint64_t items = 0;
  for (const auto& one : (*held)->state().partitions) items += !partition || one.name == *partition ? one.count : 0;
  mark(feed, *held, partition);
  // Where the names cannot be written down, what they name goes all the same.
  const Status written = write();
  subscribers_->ring();
  if (auto gone = store::forget(**held, partition); !gone) return std::move(gone).error();
  {
    const std::unique_lock lock(mutex_);
    for (auto& [name, loss] : lost_[feed].partitions) loss.gone = loss.gone || !partition || name == *partition;
  }
  subscribers_->ring();
  if (!written) return written.error();
  return items;
}

void DeviceAccess::tend() {
  const std::lock_guard writing(writing_);
  std::size_t found = 0;
  {
    const std::unique_lock lock(mutex_);
    for (auto& [name, lost] : lost_) found += std::erase_if(lost.partitions, [&lost = lost](const auto& one) { return !is_lost(lost, one.first); });
    std::erase_if(lost_, [](const auto& one) { return one.second.partitions.empty() && !one.second.feed->state().partitions.empty(); });
  }
  if (found == 0) return;
  // What is not written now is read from the beginning after a restart, no more.
  (void)write();
  ++version_;
  subscribers_->ring();
}

bool DeviceAccess::is_lost(const Lost& lost, std::string_view partition) {
  const auto at = lost.partitions.find(partition);
  return at != lost.partitions.end() && (!at->second.gone || !lost.feed->standing(partition));
}

bool DeviceAccess::admits(const OfferedFeed& offered, const std::string& partition) const {
  const std::shared_lock lock(mutex_);
  const auto feed = lost_.find(offered.name);
  if (feed == lost_.end() || !offered.rights) return true;
  const auto loss = feed->second.partitions.find(partition);
  return loss == feed->second.partitions.end() || *offered.rights > loss->second.at;
}

Sight DeviceAccess::sight(const access::Principal& who, std::string_view feed, std::string_view partition) const {
  if (who.anonymous()) return Sight::denied;
  const std::shared_lock lock(mutex_);
  const auto at = lost_.find(feed);
  return at != lost_.end() && is_lost(at->second, partition) ? Sight::denied : Sight::allowed;
}

Sight DeviceAccess::sight(const access::Principal& who, std::string_view feed) const {
  if (who.anonymous()) return Sight::denied;
  const std::shared_lock lock(mutex_);
  const auto at = lost_.find(feed);
  if (at == lost_.end()) return Sight::allowed;
  const auto held = at->second.feed->state().partitions;
  const bool some = std::any_of(held.begin(), held.end(), [&](const auto& one) { return !is_lost(at->second, one.name); });
  return some ? Sight::allowed : Sight::denied;
}

std::shared_ptr<void> DeviceAccess::subscribe(std::function<void()> on_change) {
  const std::lock_guard lock(subscribers_->mutex);
  const auto number = subscribers_->next++;
  subscribers_->all.emplace(number, std::move(on_change));
  return {this, [all = subscribers_, number](void*) {
            const std::lock_guard ending(all->mutex);
            all->all.erase(number);
          }};
}

}  // namespace meshgate::app
