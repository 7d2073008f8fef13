#include "gateway/publish/publisher.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "gateway/publish/batch.hpp"
#include "gateway/publish/comparison.hpp"

namespace meshgate::publish {

namespace {

using std::chrono::milliseconds;
constexpr milliseconds kFirstWait{250};
constexpr milliseconds kLongestWait{30000};
/// A refused target is asked again now and then: the person who mends a right or a topic need not restart the node.
constexpr milliseconds kAskAgain{15000};
constexpr std::uint64_t kPageEntries = 10000;
constexpr std::uint64_t kPageBytes = std::uint64_t{4} << 20U;
/// Ids that a comparison holds at a time: about 100 MB.
constexpr std::size_t kMostHeld = 500000;

}  // namespace

const char* word(Phase phase) {
  constexpr std::array kWords = {"starting", "loading", "comparing", "publishing", "failing", "refused", "overtaken"};
  return kWords[static_cast<std::size_t>(phase)];
}

Publisher::Publisher(const Publication& publication, store::Store& store, base::Log& log, base::Metrics& metrics)
    : publication_(publication),
      room_("publish " + publication.feed),
      store_(store),
      log_(log),
      records_(metrics.counter("meshgate_published_records", "Records written to what a feed is published to.", {{"feed", publication.feed}})),
      backoff_(kFirstWait, kLongestWait),
      standing_{.source = publication.source, .target = publication.target, .since = now(), .message = {}} {
  const base::Labels labels = {{"feed", publication.feed}};
  metrics.ask("meshgate_publish_lag", "Seqs that what a feed is published to is behind the feed.", labels, [this] { return static_cast<double>(standing().lag); });
  metrics.ask("meshgate_publish_lag_seconds", "For how long what a feed is published to has been behind the feed.", labels, [this] { return standing().lag_seconds; });
  metrics.ask("meshgate_publish_working", "1 while a feed is published, or compared for it.", labels, [this] {
    const Phase phase = standing().phase;
    return phase == Phase::publishing || phase == Phase::comparing ? 1.0 : 0.0;
  });
  thread_ = std::thread([this] { run(); });
}

Publisher::~Publisher() {
  stop();
  thread_.join();
}

void Publisher::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    if (writer_) writer_->cancel();
  }
  rang_.notify_all();
}

bool Publisher::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

void Publisher::ring() {
  {
    const std::lock_guard lock(mutex_);
    ++rings_;
    if (!behind_since_) behind_since_ = Clock::now();
  }
  rang_.notify_all();
}

Standing Publisher::standing() const {
  std::shared_ptr<store::Feed> feed;
  Standing out;
  std::optional<Clock::time_point> since;
  Seq through{0};
  {
    const std::lock_guard lock(mutex_);
    feed = feed_;
    out = standing_;
    since = behind_since_;
    through = shown_through_;
  }
  const Seq last = feed ? feed->state().seq : Seq{0};
  if (last <= through) return out;
  out.lag = number(last) - number(through);
  if (since) out.lag_seconds = std::chrono::duration<double>(Clock::now() - *since).count();
  return out;
}

void Publisher::run() {
  while (!stopped()) {
    std::uint64_t seen = 0;
    {
      const std::lock_guard lock(mutex_);
      seen = rings_;
    }
    auto moved = step();
    if (moved && *moved) continue;
    if (!moved) fail(std::move(moved).error());
    std::unique_lock lock(mutex_);
    if (standing_.phase == Phase::overtaken) return rang_.wait(lock, [&] { return stopped_; });
    if (wait_.count() > 0) {
      rang_.wait_for(lock, std::exchange(wait_, milliseconds(0)), [&] { return stopped_; });
      continue;
    }
    if (rings_ == seen && standing_.phase == Phase::publishing) behind_since_.reset();
    // A feed that is not there yet rings nobody.
    rang_.wait_for(lock, kAskAgain, [&] { return stopped_ || rings_ != seen; });
  }
  close();
}

Result<bool> Publisher::step() {
  if (!feed_) {
    auto taken = take_feed();
    if (!taken || !*taken) return taken;
  }
  const auto state = feed_->state();
  if (state.loading) {
    show(Phase::loading);
    return false;
  }
  if (!writer_) {
    if (auto connected = connect(state); !connected) return std::move(connected).error();
  }
  return write_page();
}

/// False: its source has not been read yet.
Result<bool> Publisher::take_feed() {
  const auto names = store_.names();
  if (std::ranges::find(names, publication_.feed) == names.end()) return false;
  auto feed = store_.feed(publication_.feed);
  if (!feed) return std::move(feed).error();
  subscription_ = (*feed)->subscribe([this] { ring(); });
  const std::lock_guard lock(mutex_);
  feed_ = std::move(*feed);
  behind_since_ = Clock::now();
  return true;
}

Status Publisher::connect(const store::FeedState& state) {
  auto opened = Writer::open(publication_, state, log_);
  if (!opened) return std::move(opened).error();
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return Error{Code::cancelled, "cancelled"};
    writer_ = std::move(*opened);
  }
  auto written = writer_->resume();
  if (!written) return std::move(written).error();
  through_ = written->through;
  if (!written->known || through_ > state.seq) {
    if (auto compared = compare(); !compared) return compared;
  }
  show_through();
  show(Phase::publishing);
  backoff_.succeeded();
  log_.info(room_, "goes on in '" + publication_.target + "' behind seq " + std::to_string(number(through_)));
  return {};
}

Status Publisher::compare() {
  show(Phase::comparing);
  Comparison comparison(*feed_, *writer_, kMostHeld);
  auto through = comparison.run();
  if (!through) return std::move(through).error();
  through_ = *through;
  records_.add(comparison.written());
  log_.info(room_, "'" + publication_.target + "' was compared with the feed: " + std::to_string(comparison.written()) + " records differed and were written");
  return {};
}

Result<bool> Publisher::write_page() {
  auto page = store::in_order(*feed_, through_, {.entries = kPageEntries, .bytes = kPageBytes});
  if (!page) return std::move(page).error();
  Batch batch;
  for (store::Placed& placed : page->items) batch.add(std::move(placed));
  if (!batch.empty()) {
    if (auto written = writer_->write(batch.entries(), page->through); !written) return std::move(written).error();
    records_.add(batch.size());
  }
  through_ = page->through;
  show_through();
  return !page->end;
}

void Publisher::fail(Error error) {
  close();
  if (error.code == Code::cancelled) return;
  const bool waits = retryable(error.code) || error.code == Code::internal;
  const Phase phase = error.code == Code::conflict ? Phase::overtaken : waits ? Phase::failing : Phase::refused;
  wait_ = waits ? backoff_.failed() : kAskAgain;
  const std::string message = log_.redacted(error.message);
  if (message != standing().message) log_.warning(room_, message);
  show(phase, message);
}

void Publisher::show(Phase phase, std::string message) {
  const std::lock_guard lock(mutex_);
  if (standing_.phase != phase) standing_.since = now();
  standing_.phase = phase;
  standing_.message = std::move(message);
}

void Publisher::show_through() {
  const std::lock_guard lock(mutex_);
  shown_through_ = through_;
}

void Publisher::close() {
  std::unique_ptr<Writer> gone;
  const std::lock_guard lock(mutex_);
  gone = std::move(writer_);
}

}  // namespace meshgate::publish
