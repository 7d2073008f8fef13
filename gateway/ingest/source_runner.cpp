#include "gateway/ingest/source_runner.hpp"

#include <algorithm>
#include <utility>

namespace meshgate::ingest {

namespace {

using Clock = std::chrono::steady_clock;

// A refused source is asked again now and then: the person who mends a right or a table need not restart the node.
constexpr std::chrono::milliseconds kAskAgain{15000};

/// A turn that takes longer keeps others waiting: reads that work come back sooner.
constexpr std::chrono::milliseconds kLongTurn{1000};

Error too_busy(const FeedReader& reader) {
  if (!reader.holds_open()) return {Code::retry, "the source of feed '" + reader.name() + "' did not come round to it: try again later"};
  return {Code::retry, "a statement for feed '" + reader.name() + "' has been running at the source for long, and what it brings is older than what a replay would read: "
                       "try again when it is done"};
}

}  // namespace

SourceRunner::SourceRunner(SourceOptions options, std::vector<std::shared_ptr<store::Feed>> feeds, base::Log& log, base::Metrics& metrics)
    : options_(std::move(options)), log_(log), turns_(options_.feeds.size()), random_(std::random_device{}()) {
  for (std::size_t i = 0; i < options_.feeds.size(); ++i) {
    readers_.push_back(std::make_unique<FeedReader>(options_.feeds[i], std::move(feeds[i]), options_.name, log, metrics));
    turns_[i].due = Clock::now();
  }
  if (options_.limits.rows > 0) rows_.emplace(options_.limits.rows, Clock::now());
  thread_ = std::thread([this] { run(); });
}

SourceRunner::~SourceRunner() {
  stop();
  thread_.join();
}

void SourceRunner::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    if (running_ != nullptr) running_->cancel();
  }
  wake_.notify_all();
}

void SourceRunner::run() {
  while (wait_until_due()) go_round();
  {
    const std::lock_guard lock(mutex_);
    if (errand_) errand_->done.set_value(Error{Code::cancelled, "the node is stopping"});
    errand_.reset();
  }
  close_all();
}

/// What hangs in them is told first, so that they end at the same time.
void SourceRunner::close_all() {
  for (const Turn& turn : turns_) {
    if (turn.connection) turn.connection->cancel();
  }
  for (std::size_t i = 0; i < readers_.size(); ++i) {
    readers_[i]->close();
    turns_[i].connection.reset();
  }
}

/// To the first one that keeps the thread for long.
void SourceRunner::go_round() {
  run_errand();
  for (const std::size_t feed : due_ones()) {
    const bool quick = take_turn(feed);
    run_errand();
    if (!quick) return;
  }
}

std::vector<std::size_t> SourceRunner::due_ones() const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < turns_.size(); ++i) {
    if (turns_[i].due <= Clock::now()) out.push_back(i);
  }
  std::ranges::stable_sort(out, {}, [this](std::size_t i) { return std::pair(!turns_[i].quick, turns_[i].taken); });
  return out;
}

bool SourceRunner::errand_for(std::size_t feed) {
  const std::lock_guard lock(mutex_);
  return errand_ && errand_->reader == feed;
}

void SourceRunner::run_errand() {
  std::optional<Errand> errand;
  {
    const std::lock_guard lock(mutex_);
    if (stop_ || !errand_ready()) return;
    errand = std::exchange(errand_, std::nullopt);
    running_ = turns_[errand->reader].connection.get();
  }
  auto done = readers_[errand->reader]->replay(std::move(errand->keys));
  {
    const std::lock_guard lock(mutex_);
    running_ = nullptr;
  }
  // What is wrong with the connection shows at the next read too, which knows what to do about it.
  errand->done.set_value(std::move(done));
}

Result<std::vector<Replayed>> SourceRunner::replay(const FeedReader& reader, std::vector<std::string> keys, std::chrono::milliseconds patience) {
  std::future<Result<std::vector<Replayed>>> done;
  {
    const std::lock_guard lock(mutex_);
    if (stop_) return Error{Code::cancelled, "the node is stopping"};
    if (errand_) return Error{Code::retry, "another replay of source '" + options_.name + "' waits: try again when it is done"};
    const auto at = std::find_if(readers_.begin(), readers_.end(), [&](const auto& one) { return one.get() == &reader; });
    errand_.emplace(Errand{static_cast<std::size_t>(at - readers_.begin()), std::move(keys), {}});
    done = errand_->done.get_future();
  }
  wake_.notify_all();
  if (done.wait_for(patience) == std::future_status::ready) return done.get();
  {
    const std::lock_guard lock(mutex_);
    if (errand_) {
      errand_.reset();
      return too_busy(reader);
    }
  }
  return done.get();  // it has begun
}

bool SourceRunner::stopping() {
  const std::lock_guard lock(mutex_);
  return stop_;
}

bool SourceRunner::wait_until_due() {
  std::unique_lock lock(mutex_);
  const auto first = std::min_element(turns_.begin(), turns_.end(), [](const Turn& a, const Turn& b) { return a.due < b.due; });
  if (first == turns_.end()) {
    wake_.wait(lock, [this] { return stop_; });
  } else {
    wake_.wait_until(lock, first->due, [this] { return stop_ || errand_ready(); });
  }
  return !stop_;
}

bool SourceRunner::take_turn(std::size_t feed) {
  auto limits = allowed(feed);
  if (!limits) return true;
  FeedReader& reader = *readers_[feed];
  Turn& turn = turns_[feed];
  const std::string quiet = options_.limits.quiet_at(now());
  limits->light = !quiet.empty();
  turn.taken = Clock::now();
  auto idle = read_once(reader, turn, *limits);
  turn.quick = Clock::now() - turn.taken < kLongTurn;
  if (rows_) rows_->take(reader.rows_read(), Clock::now());
  turn.under_way = idle && !*idle;
  if (idle) note_limits(reader, *idle, quiet);
  come_back(reader, turn, idle);
  return turn.quick;
}

/// Says when the feed has its next turn.
void SourceRunner::come_back(FeedReader& reader, Turn& turn, const Result<bool>& idle) {
  if (idle) {
    turn.backoff.reset();
    turn.refused = false;
    // The interval counts from the beginning of a read, so that a poll every second is one a second.
    turn.due = *idle ? std::max(Clock::now(), turn.taken + options_.every) : Clock::now();
    return;
  }
  if (stopping()) return;
  reader.fail(idle.error());
  reader.close();
  turn.connection.reset();
  // At the first refusal only once sooner: what stopped a read that worked (a column, a table, a key gone) is said better by opening anew.
  const bool refused = !retryable(idle.error().code);
  turn.due = Clock::now() + (refused && turn.refused ? kAskAgain : turn.backoff.next(static_cast<std::uint32_t>(random_())));
  turn.refused = refused;
}

Result<bool> SourceRunner::read_once(FeedReader& reader, Turn& turn, const Limits& limits) {
  if (!turn.connection) {
    if (auto done = connect(turn); !done) return std::move(done).error();
  }
  {
    const std::lock_guard lock(mutex_);
    if (stop_) return Error{Code::cancelled, "stopping"};
    running_ = turn.connection.get();
  }
  Result<bool> idle = false;
  if (!reader.is_open()) {
    if (auto opened = reader.open(*turn.connection); !opened) idle = std::move(opened).error();
  }
  if (idle) idle = reader.step(limits);
  const std::lock_guard lock(mutex_);
  running_ = nullptr;
  return idle;
}

Status SourceRunner::connect(Turn& turn) {
  auto connection = Connection::open(*options_.plugin, options_.connection, log_);
  if (!connection) return std::move(connection).error();
  turn.connection = std::move(*connection);
  return {};
}

}  // namespace meshgate::ingest
