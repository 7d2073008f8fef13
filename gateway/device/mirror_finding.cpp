// Which feeds and partitions a mirror reads: what the node offers of what is wanted. See mirror_run.hpp.
#include <algorithm>
#include <utility>

#include "gateway/device/mirror_run.hpp"

namespace meshgate::device {

namespace {

std::uint64_t seed() { return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()); }

}  // namespace

Status MirrorRun::discover_patiently() {
  base::Backoff backoff(options_.first_backoff, options_.longest_backoff, seed());
  std::string said;
  for (;;) {
    auto found = discover();
    if (found) return found;
    const Code code = found.error().code;
    if (code == Code::cancelled || !retryable(code)) return found;
    if (options_.once && Clock::now() - started_ > options_.patience) return found;
    say_once(said, found.error().message);
    Lock lock(mutex_);
    if (wake_.wait_for(lock, backoff.failed(), [this] { return stop_; })) return Error{Code::cancelled, "cancelled"};
  }
}

Result<std::vector<OfferedFeed>> MirrorRun::offered(std::optional<Error>& missing, std::string& rights) {
  if (options_.feeds.empty()) return ask_feeds(asker_, options_.url, rights);
  std::vector<OfferedFeed> out;
  for (const std::string& name : options_.feeds) {
    std::string by;
    auto feed = ask_feed(asker_, options_.url, name, by);
    if (feed) {
      if (rights.empty()) rights = std::move(by);
      out.push_back(std::move(*feed));
    } else if (feed.error().code == Code::not_found && file_->knows(name)) {
      missing = std::move(feed).error();
    } else {
      return std::move(feed).error();
    }
  }
  return out;
}

Status MirrorRun::drop_lost(const std::vector<OfferedFeed>& feeds) {
  const auto offers = [&](const Place& place) {
    const auto feed = std::find_if(feeds.begin(), feeds.end(), [&](const OfferedFeed& one) { return one.name == place.feed->name; });
    if (feed == feeds.end()) return false;
    const auto same = [&](const OfferedFeed::Part& one) { return one.name == place.partition; };
    return feed->uid != place.feed->uid || std::any_of(feed->partitions.begin(), feed->partitions.end(), same);
  };
  const auto asked_for = [&](const Place& place) {
    return options_.feeds.empty() || std::find(options_.feeds.begin(), options_.feeds.end(), place.feed->name) != options_.feeds.end();
  };
  const auto is_read = [&](const Place& place) {
    const Lock lock(mutex_);
    return std::any_of(tasks_.begin(), tasks_.end(),
                       [&](const Task& task) { return task.place == &place && !task.denied && !task.done && task.error.empty(); });
  };
  for (Place* place : file_->held()) {
    // Who reads it is told by that.
    if (!asked_for(*place) || offers(*place) || is_read(*place)) continue;
    if (auto done = drop_if_lost(*place); !done) return done;
  }
  return {};
}

Status MirrorRun::drop_if_lost(Place& place) {
  const auto partition = place.feed->divided ? std::optional(place.partition) : std::nullopt;
  const auto denied = ask_denied(asker_, options_.url, place.feed->name, place.feed->uid, partition);
  if (!denied) return denied.error();
  if (!*denied) return {};
  const auto dropped = file_->drop(place);
  if (!dropped) return dropped.error();
  say(base::Level::warning, place.title() + ": not allowed any more; its " + std::to_string(*dropped) + " items were removed");
  return {};
}

Status MirrorRun::discover() {
  std::optional<Error> missing;
  std::string rights;
  auto feeds = offered(missing, rights);
  if (!feeds) return std::move(feeds).error();
  if (auto done = drop_lost(*feeds); !done) return done;
  if (feeds->empty() && missing) return std::move(*missing);
  if (missing) say_once(not_offered_, missing->message);
  if (feeds->empty()) return Error{Code::retry, options_.url + ": the node shows this reader no feeds yet; where they are not public, sign in with `meshgate login`"};
  for (const OfferedFeed& feed : *feeds) {
    if (auto taken = take_feed(feed); !taken) return taken;
  }
  more_to_come_ = std::ranges::any_of(*feeds, [&](const OfferedFeed& feed) { return lacks(feed); });
  const Lock lock(mutex_);
  rights_ = std::move(rights);
  if (!options_.once || !tasks_.empty()) return {};
  if (more_to_come_) return Error{Code::retry, options_.url + ": the feed is loading and has no partitions yet"};
  if (options_.partitions.empty()) return {};
  return Error{Code::not_found,
               options_.url + ": the node has none of the partitions asked for with --partition; look at /feeds there"};
}

/// A copy shows a partition when the first copy of it is whole.
bool MirrorRun::lacks(const OfferedFeed& feed) const {
  const auto shown = [&](const std::string& partition) { return std::ranges::find(feed.partitions, partition, &OfferedFeed::Part::name) != feed.partitions.end(); };
  return feed.loading && (options_.partitions.empty() || !std::ranges::all_of(options_.partitions, shown));
}

bool MirrorRun::wanted(const OfferedFeed& feed, const std::string& partition) const {
  // A feed that is no longer divided may still have its old partitions, empty.
  if (!feed.divided) return partition.empty();
  const auto& list = options_.partitions;
  return list.empty() || std::find(list.begin(), list.end(), partition) != list.end();
}

Status MirrorRun::take_feed(const OfferedFeed& feed) {
  auto adopted = file_->adopt(feed.name, feed.uid, feed.divided, feed.schema, options_.replace);
  if (!adopted) return std::move(adopted).error();
  bool first = true;
  {
    const Lock lock(mutex_);
    for (const Task& task : tasks_) first = first && task.place->feed != *adopted;
  }
  if (first) {
    if (auto checked = check_stored(**adopted); !checked) return checked;
  }
  for (const OfferedFeed::Part& part : feed.partitions) {
    if (!wanted(feed, part.name)) continue;
    auto place = file_->place(**adopted, part.name);
    if (!place) return std::move(place).error();
    const Lock lock(mutex_);
    const auto known = std::find_if(tasks_.begin(), tasks_.end(), [&](const Task& task) { return task.place == *place; });
    Task& task = known != tasks_.end()
                     ? *known
                     : tasks_.emplace_back(
                           Task{.place = *place, .backoff = base::Backoff(options_.first_backoff, options_.longest_backoff, seed() + tasks_.size())});
    task.count = part.count;
    if (!std::exchange(task.denied, false)) continue;
    task.done = false;
    task.due = Clock::now();
  }
  wake_.notify_all();
  return {};
}

Status MirrorRun::check_stored(MirroredFeed& feed) {
  const auto progress = [&](std::uint64_t rows) {
    MirrorProgress told;
    told.feed = feed.name;
    told.stage = MirrorProgress::Stage::checking;
    told.lines = rows;
    {
      const std::lock_guard telling(telling_);
      if (listener_.progress) listener_.progress(told);
    }
    const Lock lock(mutex_);
    return !stop_;
  };
  auto differing = file_->recount(feed, progress);
  if (!differing) return std::move(differing).error();
  if (*differing > 0) {
    say(base::Level::warning, options_.file + ": table " + feed.name + " is not as the mirror left it (" + std::to_string(*differing) +
                                  " partitions differ); it is compared with the node from the beginning");
  }
  return {};
}

}  // namespace meshgate::device
