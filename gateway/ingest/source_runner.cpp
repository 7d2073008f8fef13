#include "gateway/ingest/source_runner.hpp"

#include <algorithm>

namespace meshgate::ingest {

namespace {

using Clock = std::chrono::steady_clock;

// A refused source is asked again now and then: the person who mends a right or a table need not restart the node.
constexpr std::chrono::milliseconds kAskAgain{15000};

}  // namespace

SourceRunner::SourceRunner(SourceOptions options, std::vector<std::shared_ptr<store::Feed>> feeds, base::Log& log, base::Metrics& metrics)
    : options_(std::move(options)), log_(log), turns_(options_.feeds.size()), random_(std::random_device{}()) {
  for (std::size_t i = 0; i < options_.feeds.size(); ++i) {
    readers_.push_back(std::make_unique<FeedReader>(options_.feeds[i], std::move(feeds[i]), options_.name, log, metrics));
    turns_[i].due = Clock::now();
  }
  thread_ = std::thread([this] { run(); });
}

SourceRunner::~SourceRunner() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    if (running_ != nullptr) running_->cancel();
  }
  wake_.notify_all();
  thread_.join();
}

void SourceRunner::run() {
  while (wait_until_due()) {
    for (std::size_t i = 0; i < readers_.size(); ++i) {
      if (turns_[i].due <= Clock::now()) take_turn(*readers_[i], turns_[i]);
    }
  }
  for (std::size_t i = 0; i < readers_.size(); ++i) readers_[i]->close();
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
    wake_.wait_until(lock, first->due, [this] { return stop_; });
  }
  return !stop_;
}

void SourceRunner::take_turn(FeedReader& reader, Turn& turn) {
  const auto began = Clock::now();
  auto idle = read_once(reader, turn);
  if (idle) {
    turn.backoff.reset();
    // The interval counts from the beginning of a read, so that a poll every second is one a second.
    turn.due = *idle ? std::max(Clock::now(), began + options_.every) : Clock::now();
    return;
  }
  if (stopping()) return;
  reader.fail(idle.error());
  reader.close();
  turn.connection.reset();
  const bool refused = !retryable(idle.error().code);
  turn.due = Clock::now() + (refused ? kAskAgain : turn.backoff.next(static_cast<std::uint32_t>(random_())));
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
