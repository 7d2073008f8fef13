#include "gateway/serve/sync_stream.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "gateway/serve/sending.hpp"
#include "gateway/serve/sync_lines.hpp"

namespace meshgate::serve {

namespace asio = boost::asio;
using access::Sight;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t kTurnBytes = std::size_t{128} << 10U;
constexpr std::size_t kMostParts = 10000;
constexpr std::string_view kEmptyLine = "\n";

Error no_partition(const std::string& feed, const std::string& partition) {
  return {Code::not_found, "feed '" + feed + "' has no partition '" + partition.substr(0, 200) + "'; GET /feeds/" + feed + " lists them"};
}

/// RFC 7240. A node that follows asks so: it is one of few, and gets everything.
bool compact(const net::Request& request) { return request.fields.find("Prefer") == "compact"; }

}  // namespace

// ---- on the pool ----

void SyncStream::open_all() {
  rights_ = context_.rights_version;
  for (auto& wish : question_.feeds) {
    if (!admit(wish)) continue;
    Watch watch;
    watch.wish = std::move(wish);
    auto open = context_.feeds.find(watch.wish.feed);
    if (!open) {
      const auto& error = open.error();
      refuse(watch.wish, error.code == Code::not_found ? no_such_feed(context_, visit_, watch.wish.feed) : Denial{refusal_of(error.code), error.message});
      continue;
    }
    watch.open = std::move(*open);
    this->open(watch);
    watches_.push_back(std::move(watch));
  }
  question_.feeds.clear();
}

bool SyncStream::admit(const SyncQuestion::Wish& wish) {
  const Sight whole = visit_.who.sight(wish.feed);
  if (whole == Sight::allowed || (whole == Sight::denied && held(wish))) return true;
  refuse(wish, whole == Sight::unsure ? not_sure() : no_such_feed(context_, visit_, wish.feed));
  return false;
}

/// Whether the reader shows that it has read of a feed of which nothing is theirs now: then it is told so.
bool SyncStream::held(const SyncQuestion::Wish& wish) {
  const auto open = context_.feeds.find(wish.feed);
  if (!open) return false;
  const auto state = (*open)->feed->state();
  const auto of_this = [&](const auto& one) { return holds(state, wish.uid, one.second); };
  return std::any_of(wish.cursors.begin(), wish.cursors.end(), of_this);
}

void SyncStream::refuse(const SyncQuestion::Wish& wish, const Denial& denial) {
  news_ += refused_line(wish.feed, wish.partition.value_or(""), denial.refusal, denial.detail);
}

void SyncStream::open(Watch& watch) {
  auto& wish = watch.wish;
  if (!wish.partition) {
    watch.roster = watch.open->steps->roster();
    list_partitions(watch, true);
    return;
  }
  switch (sight(wish.feed, *wish.partition)) {
    case Sight::denied: return deny(wish, *wish.partition);
    case Sight::unsure: return refuse(wish, not_sure());
    case Sight::allowed: break;
  }
  if (watch.open->feed->standing(*wish.partition)) {
    begin_part(watch, *wish.partition);
  } else {
    news_ += refused_line(wish.feed, *wish.partition, no_partition(wish.feed, *wish.partition));
  }
}

/// The reader drops what it held: if it may see this again, it begins at 0.
void SyncStream::deny(SyncQuestion::Wish& wish, const std::string& partition) {
  news_ += denied_line(wish.feed, partition);
  wish.cursors.erase(partition);
}

void SyncStream::list_partitions(Watch& watch, bool first) {
  const auto state = watch.open->feed->state();
  watch.listed = state.partitions.size();
  std::set<std::string, std::less<>> names;
  for (const auto& one : state.partitions) names.insert(one.name);
  if (!state.divided && names.empty()) names.emplace();
  for (const auto& partition : names) {
    if (watch.known.contains(partition)) continue;
    if (sight(watch.wish.feed, partition) != Sight::allowed) continue;
    if (!first) news_ += visible_line(watch.wish.feed, partition);
    begin_part(watch, partition);
  }
  // What is left are cursors of partitions that are not theirs, or not there.
  const auto left = watch.wish.cursors;
  for (const auto& [partition, cursor] : left) {
    if (sight(watch.wish.feed, partition) == Sight::denied) {
      deny(watch.wish, partition);
    } else if (first && !names.contains(partition)) {
      news_ += refused_line(watch.wish.feed, partition, no_partition(watch.wish.feed, partition));
    }
  }
}

void SyncStream::begin_part(Watch& watch, const std::string& partition) {
  watch.known.insert(partition);
  if (parts_.size() == kMostParts) {
    news_ += refused_line(watch.wish.feed, partition,
                          {Code::config, "this is one partition too many for one request: at most " + std::to_string(kMostParts) + "; open another for the rest"});
    return;
  }
  auto part = std::make_unique<Part>();
  part->feed = watch.wish.feed;
  part->priority = watch.wish.priority;
  part->place.open = watch.open;
  part->place.partition = partition;
  part->place.schema = watch.wish.schema;
  // A cursor counts once: what comes back after it was denied is read from 0.
  if (const auto held = watch.wish.cursors.extract(partition)) part->place.at = held.mapped();
  turns_.add(*part, part->priority);
  parts_.push_back(std::move(part));
}

bool SyncStream::unsure() const {
  const auto of_part = [this](const auto& one) { return sight(one->feed, one->place.partition) == Sight::unsure; };
  const auto of_watch = [this](const Watch& one) { return visit_.who.sight(one.wish.feed) == Sight::unsure; };
  return std::any_of(parts_.begin(), parts_.end(), of_part) || std::any_of(watches_.begin(), watches_.end(), of_watch);
}

void SyncStream::review() {
  rights_ = context_.rights_version;
  paused_ = unsure();
  if (paused_) return;
  std::vector<Part*> lost;
  for (const auto& part : parts_) {
    if (sight(part->feed, part->place.partition) == Sight::denied) lost.push_back(part.get());
  }
  for (Part* part : lost) {
    news_ += denied_line(part->feed, part->place.partition);
    for (auto& watch : watches_) {
      if (watch.wish.feed == part->feed) watch.known.erase(part->place.partition);
    }
    drop(*part);
  }
  for (auto& watch : watches_) {
    if (!watch.wish.partition) {
      list_partitions(watch, false);
    } else if (!watch.known.contains(*watch.wish.partition) && watch.open->feed->standing(*watch.wish.partition) &&
               sight(watch.wish.feed, *watch.wish.partition) == Sight::allowed) {
      news_ += visible_line(watch.wish.feed, *watch.wish.partition);
      begin_part(watch, *watch.wish.partition);
    }
  }
}

void SyncStream::refresh_marks(steady_clock::time_point since) {
  for (const auto& part : parts_) {
    if (!part->steps || part->steps->mark(part->place, since) || moved(part->place, part->standing)) continue;
    part->steps->read_mark(part->place);
  }
}

// ---- on the loop ----

asio::awaitable<void> SyncStream::async_run() {
  std::function<void()> job = [this] { open_all(); };
  const bool opened = co_await async_on_pool(std::move(job));
  if (!opened) co_return;
  auto fields = changes_fields(false);
  fields.add("X-Accel-Buffering", "no");
  Status going;
  if (question_.live && !compact(visit_.request)) {
    going = co_await reply_.async_start_shared(200, std::move(fields));
  } else {
    going = co_await reply_.async_start(200, std::move(fields));
  }
  if (!going) co_return;
  bool fine = co_await async_send_news();
  if (fine) fine = co_await async_catch_up();
  if (fine && question_.live) fine = co_await async_follow();
  // Without a last chunk the reader sees that it broke off.
  if (fine) (void)co_await reply_.async_finish();
}

asio::awaitable<bool> SyncStream::async_on_pool(std::function<void()> job) {
  const Status ran = co_await async_run_patiently(context_, reply_, std::move(job));
  co_return ran.has_value();
}

asio::awaitable<bool> SyncStream::async_send_news() {
  if (news_.empty()) co_return true;
  const std::string lines = std::exchange(news_, {});
  named_ = nullptr;
  const Status sent = co_await reply_.async_write(lines, true);
  co_return sent.has_value();
}

void SyncStream::name(std::string& out, const Part& part) {
  if (named_ != &part) out.insert(0, of_line(part.feed, part.place.partition));
  named_ = &part;
}

void SyncStream::drop(Part& part) {
  if (named_ == &part) named_ = nullptr;
  turns_.remove(part);
  const auto at = std::find_if(parts_.begin(), parts_.end(), [&](const auto& one) { return one.get() == &part; });
  dropped_.push_back(std::move(*at));
  parts_.erase(at);
}

void SyncStream::refuse(Part& part, const Chunk& chunk) {
  news_ += chunk.error ? refused_line(part.feed, part.place.partition, *chunk.error) : refused_line(part.feed, part.place.partition, chunk.answer);
  drop(part);
}

/// Where the part stands when it has been sent the chunk.
void SyncStream::settle(Part& part, const Chunk& chunk) {
  part.place = chunk.next;
  if (follower_) follower_->sent(part.feed, part.place.at.seq);
  part.standing = chunk.standing;
  part.caught_up = chunk.caught_up;
  part.met = true;
  if (!chunk.end) return turns_.back();
  part.steps = part.place.open->steps->of(part.place, part.standing);
  part.steps->offer(part.place, part.standing);
}

void SyncStream::wait_for_turn(Part& part) {
  part.steps.reset();
  turns_.add(part, part.priority);
}

bool SyncStream::settle_or_refuse(Part& part, Chunk& chunk) {
  if (!chunk.fine()) {
    refuse(part, chunk);
    return false;
  }
  const bool news = !part.met || chunk.entries > 0 || chunk.next.at != part.place.at || chunk.caught_up != part.caught_up;
  settle(part, chunk);
  if (!news) return false;
  name(chunk.bytes, part);
  part.sent = steady_clock::now();
  return true;
}

asio::awaitable<bool> SyncStream::async_catch_up() {
  const auto loop = co_await asio::this_coro::executor;
  std::shared_ptr<Chunk> chunk;
  Part* part = turns_.next();
  if (part != nullptr) chunk = co_await async_read_chunk(context_, reply_, part->place, kTurnBytes);
  while (part != nullptr && !reply_.draining()) {
    const bool reviewed = co_await async_review();
    if (!reviewed) co_return false;
    const bool kept = std::none_of(dropped_.begin(), dropped_.end(), [&](const auto& one) { return one.get() == part; });
    const bool send = kept && settle_or_refuse(*part, *chunk);
    dropped_.clear();
    part = turns_.next();
    auto next = std::make_shared<Chunk>();
    std::function<void()> job = [] {};
    if (part != nullptr) job = reading(next, part->place, kTurnBytes);
    net::Background ahead(context_.services.pool, loop, std::move(job));
    bool sent = true;
    if (send) sent = co_await async_send(chunk->bytes);
    if (sent) sent = co_await async_send_news();
    if (sent) sent = co_await async_send_steps();
    const Status read = co_await ahead.async_join();
    if (!sent) co_return false;
    if (!read && part != nullptr) next = co_await async_read_chunk(context_, reply_, part->place, kTurnBytes);
    chunk = std::move(next);
    // Steps that could not be taken have made turns.
    if (part == nullptr && !turns_.empty()) {
      part = turns_.next();
      chunk = co_await async_read_chunk(context_, reply_, part->place, kTurnBytes);
    }
  }
  co_return true;
}

asio::awaitable<bool> SyncStream::async_send(std::string_view lines) {
  const Status sent = co_await reply_.async_write(lines, true);
  co_return sent.has_value();
}

asio::awaitable<bool> SyncStream::async_send_steps() {
  const auto rings = context_.feeds.every().rings();
  if (rings == rings_) co_return true;
  rings_ = rings;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    Part& part = *parts_[i];
    if (rights_changed()) {
      rings_ = 0;  // the rest is for when that was looked at
      co_return true;
    }
    if (!part.steps || !moved(part.place, part.standing)) continue;
    const bool sent = co_await async_send_steps(part);
    if (!sent) co_return false;
  }
  co_return true;
}

asio::awaitable<bool> SyncStream::async_send_steps(Part& part) {
  while (!rights_changed() && moved(part.place, part.standing)) {
    auto step = part.steps->next(part.place);
    if (!step) step = part.steps->mark(part.place, {});
    if (!step) {
      if (!part.steps->pending()) wait_for_turn(part);
      co_return true;
    }
    const bool news = !step->still() || step->caught_up() != part.caught_up;
    part.standing = step->standing();
    bool sent = true;
    if (news) sent = co_await async_send_step(part, *step);
    if (!sent) co_return false;
    if (!step->end() && !part.steps->next(part.place)) {
      wait_for_turn(part);
      co_return true;
    }
  }
  co_return true;
}

asio::awaitable<bool> SyncStream::async_send_step(Part& part, const Step& step) {
  std::string where;
  name(where, part);
  bool sent = true;
  if (!where.empty()) sent = co_await async_send(where);
  if (!sent) co_return false;
  const Status taken = co_await reply_.async_write_shared(step.lines());
  step.move(part.place);
  if (follower_) follower_->sent(part.feed, part.place.at.seq);
  part.caught_up = step.caught_up();
  part.sent = steady_clock::now();
  co_return taken.has_value();
}

steady_clock::time_point SyncStream::next_beat() const {
  auto first = beaten_;
  for (const auto& part : parts_) first = std::min(first, part->sent);
  return first + context_.services.heartbeat;
}

asio::awaitable<bool> SyncStream::async_beat() {
  beaten_ = steady_clock::now();
  if (parts_.empty()) co_return co_await async_send(kEmptyLine);
  const auto since = beaten_ - context_.services.heartbeat / 4;
  std::function<void()> job = [this, since] { refresh_marks(since); };
  const bool read = co_await async_on_pool(std::move(job));
  if (!read) co_return false;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    Part& part = *parts_[i];
    if (!part.steps || part.sent > beaten_ - context_.services.heartbeat * 3 / 4) continue;
    const auto mark = part.steps->mark(part.place, since);
    bool sent = true;
    if (mark) {
      sent = co_await async_send_step(part, *mark);
    } else {
      wait_for_turn(part);
    }
    if (!sent) co_return false;
  }
  co_return true;
}

asio::awaitable<bool> SyncStream::async_review() {
  while (review_due()) {
    std::function<void()> job = [this] { review(); };
    const bool done = co_await async_on_pool(std::move(job));
    if (!done || !visit_.who.signed_in()) co_return false;
    if (!paused_) break;
    const bool going = co_await async_pause();
    if (!going) co_return false;
  }
  co_return co_await async_send_news();
}

asio::awaitable<bool> SyncStream::async_pause() {
  net::Bell& bell = context_.feeds.every();
  while (!reply_.draining()) {
    const auto rings = bell.rings();
    if (rights_changed()) co_return true;
    const auto beat = beaten_ + context_.services.heartbeat;
    (void)co_await bell.async_wait(rings, beat);
    if (steady_clock::now() < beat) continue;
    beaten_ = steady_clock::now();
    const bool sent = co_await async_send(kEmptyLine);
    if (!sent) co_return false;
  }
  co_return false;
}

bool SyncStream::review_due() const {
  if (rights_changed()) return true;
  return std::any_of(watches_.begin(), watches_.end(), [](const Watch& one) { return one.roster && *one.roster != one.listed; });
}

asio::awaitable<bool> SyncStream::async_follow() {
  const LiveReader counted(context_);
  while (!reply_.draining()) {
    bool fine = co_await async_review();
    if (fine) fine = co_await async_catch_up();
    if (fine) fine = co_await async_send_steps();
    if (!fine) co_return false;
    if (!turns_.empty() || review_due()) continue;
    const auto beat = next_beat();
    const bool rang = co_await context_.feeds.every().async_wait(rings_, beat);
    if (rang || reply_.draining()) continue;
    fine = co_await async_beat();
    if (!fine) co_return false;
  }
  co_return true;
}

}  // namespace meshgate::serve
