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
#include "gateway/ingest/row_budget.hpp"

namespace meshgate::ingest {

/// Reads one source into its feeds on a thread of its own, a batch of each in turn, then waits for the interval. Faults are
/// waited out with backoff, per feed; a lost connection is opened anew. All feeds together keep within the source's limits. A call that keeps
/// the thread for long (a locked table, a hung server) ends by the connector's deadline, and of feeds that do that only one has its turn
/// before those that do not are read again. The destructor stops and joins.
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

  /// FeedReader::replay on the source's thread, between two steps; a scan lets go of its snapshot for it, and goes on in a new one. One at a time.
  /// From any thread. Blocks, for its turn at most `patience`; Error::retry says what it would have waited for.
  Result<std::vector<Replayed>> replay(const FeedReader& reader, std::vector<std::string> keys, std::chrono::milliseconds patience);

 private:
  struct Turn {
    Backoff backoff;
    std::chrono::steady_clock::time_point due;
    std::chrono::steady_clock::time_point taken;  ///< the last one
    bool refused = false;   ///< the last read was
    bool quick = false;     ///< the last turn did not keep the thread for long
    bool under_way = false; ///< the last read did not come to an end
    std::unique_ptr<Connection> connection;  ///< one per feed: a scan's snapshot must not hold up another's
  };

  /// What another thread wants done on this one.
  struct Errand {
    std::size_t reader = 0;
    std::vector<std::string> keys;
    std::promise<Result<std::vector<Replayed>>> done;
  };

  void run();
  void close_all();
  void run_errand();
  [[nodiscard]] bool errand_ready() const { return errand_ && !readers_[errand_->reader]->holds_open(); }
  [[nodiscard]] bool errand_for(std::size_t feed);
  void go_round();
  /// Those that do not keep the thread for long first, and of each kind those that have waited longest.
  [[nodiscard]] std::vector<std::size_t> due_ones() const;
  /// False: it kept the thread for long.
  bool take_turn(std::size_t feed);
  void come_back(FeedReader& reader, Turn& turn, const Result<bool>& idle);
  Result<bool> read_once(FeedReader& reader, Turn& turn, const Limits& limits);
  Status connect(Turn& turn);

  // source_limits.cpp
  [[nodiscard]] std::optional<Limits> allowed(std::size_t feed);
  bool within_statements(std::size_t feed, Limits& limits);
  bool within_rows(std::size_t feed, Limits& limits);
  void note_limits(FeedReader& reader, bool idle, const std::string& quiet);

  [[nodiscard]] bool stopping();
  [[nodiscard]] bool wait_until_due();

  const SourceOptions options_;
  base::Log& log_;
  std::vector<std::unique_ptr<FeedReader>> readers_;
  std::vector<Turn> turns_;
  std::optional<RowBudget> rows_;  ///< none: no limit
  std::minstd_rand random_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::optional<Errand> errand_;   ///< waits for its turn; guarded by mutex_
  Connection* running_ = nullptr;  ///< the one to cancel; guarded by mutex_

  std::thread thread_;  // last: it uses everything above
};

}  // namespace meshgate::ingest
