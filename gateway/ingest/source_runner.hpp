#pragma once

#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "gateway/base/log.hpp"
#include "gateway/ingest/backoff.hpp"
#include "gateway/ingest/connection.hpp"
#include "gateway/ingest/feed_reader.hpp"
#include "gateway/ingest/options.hpp"

namespace meshgate::ingest {

/// Reads one source into its feeds on a thread of its own, a batch of each in turn, then waits for the interval. Faults are
/// waited out with backoff, per feed; a lost connection is opened anew. The destructor stops and joins.
class SourceRunner {
 public:
  SourceRunner(SourceOptions options, std::vector<std::shared_ptr<store::Feed>> feeds, base::Log& log, base::Metrics& metrics);
  ~SourceRunner();
  SourceRunner(const SourceRunner&) = delete;
  SourceRunner& operator=(const SourceRunner&) = delete;

  /// Cancels what runs and answers what waits; does not wait for it. From any thread.
  void stop();
  [[nodiscard]] const std::string& name() const { return options_.name; }
  [[nodiscard]] const std::vector<std::unique_ptr<FeedReader>>& readers() const { return readers_; }

  /// FeedReader::replay on the source's thread, between two steps, when the reader is not within a scan: one at a time. From any thread. Blocks,
  /// for its turn at most `patience`; Error::retry says what it would have waited for.
  Result<std::vector<Replayed>> replay(const FeedReader& reader, std::vector<std::string> keys, std::chrono::milliseconds patience);

 private:
  struct Turn {
    Backoff backoff;
    std::chrono::steady_clock::time_point due;
    bool refused = false;  ///< the last read was
    std::unique_ptr<Connection> connection;  ///< one per feed: a scan's snapshot must not hold up another's
  };

  /// What another thread wants done on this one.
  struct Errand {
    std::size_t reader = 0;
    std::vector<std::string> keys;
    std::promise<Result<std::vector<Replayed>>> done;
  };

  void run();
  void run_errand();
  [[nodiscard]] bool errand_ready() const { return errand_ && !readers_[errand_->reader]->within_scan(); }
  void take_turn(FeedReader& reader, Turn& turn);
  Result<bool> read_once(FeedReader& reader, Turn& turn);
  Status connect(Turn& turn);
  [[nodiscard]] bool stopping();
  [[nodiscard]] bool wait_until_due();

  const SourceOptions options_;
  base::Log& log_;
  std::vector<std::unique_ptr<FeedReader>> readers_;
  std::vector<Turn> turns_;
  std::minstd_rand random_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::optional<Errand> errand_;   ///< waits for its turn; guarded by mutex_
  Connection* running_ = nullptr;  ///< the one to cancel; guarded by mutex_

  std::thread thread_;  // last: it uses everything above
};

}  // namespace meshgate::ingest
