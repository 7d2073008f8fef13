#include "gateway/ingest/source_runner.hpp"

#include <algorithm>
#include <utility>

namespace meshgate::ingest {

namespace {

Error too_busy(const FeedReader& reader) {
  const auto status = reader.status();
  if (status.phase != Phase::scanning) return {Code::retry, "the source of feed '" + reader.name() + "' did not come round to it: try again later"};
  return {Code::retry, "a scan of feed '" + reader.name() + "' is under way (" + std::to_string(status.rows) +
                           " rows so far), and what it still brings is older than what a replay would read: try again when it is done"};
}

}  // namespace

SourceRunner::SourceRunner(SourceOptions options, store::Store& store, base::Log& log, base::Metrics& metrics)
    : options_(std::move(options)), room_("source " + options_.name), store_(store), log_(log), metrics_(metrics), random_(std::random_device{}()) {
  if (!options_.families.empty()) unlisted_ = "its streams have not been listed yet";
}

Result<std::unique_ptr<SourceRunner>> SourceRunner::start(SourceOptions options, store::Store& store, base::Log& log, base::Metrics& metrics) {
  std::unique_ptr<SourceRunner> out(new SourceRunner(std::move(options), store, log, metrics));
  auto feeds = remembered(out->options_, store);
  if (!feeds) return std::move(feeds).error();
  feeds->insert(feeds->begin(), out->options_.feeds.begin(), out->options_.feeds.end());
  for (FeedOptions& feed : *feeds) {
    const std::string name = feed.name;
    if (auto added = out->add(std::move(feed)); !added) return std::move(added).error().within("feed " + name);
  }
  out->thread_ = std::thread([runner = out.get()] { runner->run(); });
  return out;
}

FeedReader* SourceRunner::reader(std::string_view feed) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(tasks_.begin(), tasks_.end(), [&](const auto& one) { return one->reader.name() == feed; });
  return found == tasks_.end() ? nullptr : &(*found)->reader;
}

std::string SourceRunner::unlisted() const {
  const std::lock_guard lock(mutex_);
  return unlisted_;
}

SourceRunner::~SourceRunner() {
  stop();
  if (thread_.joinable()) thread_.join();
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
  while (wait_until_due()) {
    look_for_streams();
    for (const auto& task : tasks_) {
      run_errand();
      if (task->turn.due <= Clock::now()) take_turn(task->reader, task->turn);
    }
  }
  {
    const std::lock_guard lock(mutex_);
    if (errand_) errand_->done.set_value(Error{Code::cancelled, "the node is stopping"});
    errand_.reset();
  }
  for (const auto& task : tasks_) task->reader.close();
}

void SourceRunner::run_errand() {
  std::optional<Errand> errand;
  {
    const std::lock_guard lock(mutex_);
    if (stop_ || !errand_ready()) return;
    errand = std::exchange(errand_, std::nullopt);
    running_ = errand->task->turn.connection.get();
  }
  auto done = errand->task->reader.replay(std::move(errand->keys));
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
    const auto at = std::find_if(tasks_.begin(), tasks_.end(), [&](const auto& one) { return &one->reader == &reader; });
    errand_.emplace(Errand{at->get(), std::move(keys), {}});
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
  auto due = options_.families.empty() ? Clock::time_point::max() : looking_.due;
  for (const auto& task : tasks_) due = std::min(due, task->turn.due);
  const auto wanted = [this] { return stop_ || errand_ready(); };
  if (due == Clock::time_point::max()) {
    wake_.wait(lock, wanted);
  } else {
    wake_.wait_until(lock, due, wanted);
  }
  return !stop_;
}

void SourceRunner::take_turn(FeedReader& reader, Turn& turn) {
  const auto began = Clock::now();
  auto idle = read_once(reader, turn);
  if (idle) {
    turn.backoff.reset();
    turn.refused = false;
    // The interval counts from the beginning of a read, so that a poll every second is one a second.
    turn.due = *idle ? std::max(Clock::now(), began + options_.every) : Clock::now();
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

Result<bool> SourceRunner::read_once(FeedReader& reader, Turn& turn) {
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
  if (idle) idle = reader.step();
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
