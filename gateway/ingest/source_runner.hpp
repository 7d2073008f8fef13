#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
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
/// waited out with backoff, per feed; a lost connection is opened anew. The destructor cancels and joins.
class SourceRunner {
 public:
  SourceRunner(SourceOptions options, std::vector<std::shared_ptr<store::Feed>> feeds, base::Log& log, base::Metrics& metrics);
  ~SourceRunner();
  SourceRunner(const SourceRunner&) = delete;
  SourceRunner& operator=(const SourceRunner&) = delete;

  [[nodiscard]] const std::string& name() const { return options_.name; }
  [[nodiscard]] const std::vector<std::unique_ptr<FeedReader>>& readers() const { return readers_; }

 private:
  struct Turn {
    Backoff backoff;
    std::chrono::steady_clock::time_point due;
    std::unique_ptr<Connection> connection;  ///< one per feed: a scan's snapshot must not hold up another's
  };

  void run();
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
  Connection* running_ = nullptr;  ///< the one to cancel; guarded by mutex_

  std::thread thread_;  // last: it uses everything above
};

}  // namespace meshgate::ingest
