#include "gateway/ingest/source_runner.hpp"

#include <algorithm>
#include <utility>

namespace meshgate::ingest {

namespace {

/// A turn that takes longer keeps others waiting: reads that work come back sooner.
constexpr std::chrono::milliseconds kLongTurn{1000};

Error too_busy(const FeedReader& reader) {
  if (!reader.holds_open()) return {Code::retry, "the source of feed '" + reader.name() + "' did not come round to it: try again later"};
  return {Code::retry, "a statement for feed '" + reader.name() + "' has been running at the source for long, and what it brings is older than what a replay would read: "
                       "try again when it is done"};
}

}  // namespace

SourceRunner::SourceRunner(SourceOptions options, store::Store& store, Retention& retention, base::Log& log, base::Metrics& metrics)
    : options_(std::move(options)), room_("source " + options_.name), store_(store), retention_(retention), log_(log), metrics_(metrics) {
  if (options_.limits.rows > 0) rows_.emplace(options_.limits.rows, Clock::now());
  if (!options_.families.empty()) unlisted_ = "its streams have not been listed yet";
}

Result<std::unique_ptr<SourceRunner>> SourceRunner::start(SourceOptions options, store::Store& store, Retention& retention, base::Log& log,
                                                          base::Metrics& metrics) {
  std::unique_ptr<SourceRunner> out(new SourceRunner(std::move(options), store, retention, log, metrics));
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
  thread_.join();
}

void SourceRunner::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    if (running_ != nullptr) running_->cancel();
  }
  checks_.stop();
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
  for (const auto& task : tasks_) {
    if (task->turn.connection) task->turn.connection->cancel();
  }
  for (const auto& task : tasks_) {
    task->reader.close();
    task->turn.connection.reset();
  }
}

/// To the first one that keeps the thread for long.
void SourceRunner::go_round() {
  look_for_streams();
  run_errand();
  for (Task* task : due_ones()) {
    const bool quick = take_turn(*task);
    run_errand();
    if (!quick) return;
  }
}

std::vector<SourceRunner::Task*> SourceRunner::due_ones() const {
  std::vector<Task*> out;
  for (const auto& task : tasks_) {
    if (task->turn.due <= Clock::now()) out.push_back(task.get());
  }
  std::ranges::stable_sort(out, {}, [](const Task* task) { return std::pair(!task->turn.quick, task->turn.taken); });
  return out;
}

bool SourceRunner::errand_for(const Task& task) {
  const std::lock_guard lock(mutex_);
  return errand_ && errand_->task == &task;
}

void SourceRunner::run_errand() {
  std::optional<Errand> errand;
  {
    const std::lock_guard lock(mutex_);
    if (stop_ || !errand_ready()) return;
    errand = std::exchange(errand_, std::nullopt);
  }
  auto done = replay_now(*errand->task, std::move(errand->keys));
  {
    const std::lock_guard lock(mutex_);
    running_ = nullptr;
  }
  // What is wrong with the connection shows at the next read too, which knows what to do about it.
  errand->done.set_value(std::move(done));
}

/// A feed that gave its connection to another one takes it again for this.
Result<std::vector<Replayed>> SourceRunner::replay_now(Task& task, std::vector<std::string> keys) {
  if (task.turn.gave_up) {
    if (!within_connections(task)) return too_busy(task.reader);
    if (auto opened = open(task.reader, task.turn); !opened) return std::move(opened).error();
  }
  {
    const std::lock_guard lock(mutex_);
    if (stop_) return Error{Code::cancelled, "the node is stopping"};
    running_ = task.turn.connection.get();
  }
  return task.reader.replay(std::move(keys));
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

Status SourceRunner::verify(const FeedReader& reader, const Credentials& who) {
  const Settings* stream = nullptr;
  {
    const std::lock_guard lock(mutex_);
    const auto at = std::find_if(tasks_.begin(), tasks_.end(), [&](const auto& one) { return &one->reader == &reader; });
    stream = &(*at)->options.stream;
  }
  return checks_.check(*options_.plugin, options_.connection, *stream, who, log_);
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

bool SourceRunner::take_turn(Task& task) {
  auto limits = allowed(task);
  if (!limits) return true;
  FeedReader& reader = task.reader;
  Turn& turn = task.turn;
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
    turn.backoff.succeeded();
    turn.refused = false;
    // The interval counts from the beginning of a read, so that a poll every second is one a second.
    turn.due = *idle && !listens(reader) ? std::max(Clock::now(), turn.taken + options_.every) : Clock::now();
    return;
  }
  if (stopping()) return;
  reader.fail(idle.error());
  reader.close();
  turn.connection.reset();
  // At the first refusal only once sooner: what stopped a read that worked (a column, a table, a key gone) is said better by opening anew.
  const bool refused = !retryable(idle.error().code);
  turn.due = Clock::now() + (refused && turn.refused ? kAskAgain : turn.backoff.failed());
  turn.refused = refused;
}

Result<bool> SourceRunner::read_once(FeedReader& reader, Turn& turn, const Limits& limits) {
  Result<bool> idle = false;
  if (auto opened = open(reader, turn); !opened) idle = std::move(opened).error();
  if (idle) idle = reader.step(limits);
  const std::lock_guard lock(mutex_);
  running_ = nullptr;
  return idle;
}

/// Leaves the connection as the one to cancel.
Status SourceRunner::open(FeedReader& reader, Turn& turn) {
  if (!turn.connection) {
    if (auto done = connect(turn); !done) return done;
  }
  turn.gave_up = false;
  {
    const std::lock_guard lock(mutex_);
    if (stop_) return Error{Code::cancelled, "stopping"};
    running_ = turn.connection.get();
  }
  return reader.is_open() ? Status() : reader.open(*turn.connection);
}

Status SourceRunner::connect(Turn& turn) {
  auto connection = Connection::open(*options_.plugin, options_.connection, log_);
  if (!connection) return std::move(connection).error();
  turn.connection = std::move(*connection);
  return {};
}

}  // namespace meshgate::ingest
