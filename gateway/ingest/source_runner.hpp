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
#include <unordered_set>
#include <vector>

#include "gateway/base/log.hpp"
#include "gateway/ingest/backoff.hpp"
#include "gateway/ingest/connection.hpp"
#include "gateway/ingest/feed_family.hpp"
#include "gateway/ingest/feed_reader.hpp"
#include "gateway/ingest/options.hpp"
#include "gateway/store/store.hpp"

namespace meshgate::ingest {

/// Reads one source into its feeds on a thread of its own, a batch of each in turn, then waits for the interval. Faults are
/// waited out with backoff, per feed; a lost connection is opened anew. Where the source has families, its streams are listed every half minute between
/// two reads, and new ones become feeds; none ever goes. The destructor stops and joins.
class SourceRunner {
 public:
  /// With the feeds of the configuration and those that the store remembers of its families; reaches nothing yet. An Error is the store's.
  static Result<std::unique_ptr<SourceRunner>> start(SourceOptions options, store::Store& store, base::Log& log, base::Metrics& metrics);
  ~SourceRunner();
  SourceRunner(const SourceRunner&) = delete;
  SourceRunner& operator=(const SourceRunner&) = delete;

  /// Cancels what runs and answers what waits; does not wait for it. From any thread.
  void stop();
  [[nodiscard]] const std::string& name() const { return options_.name; }
  /// The reader of a feed, null where this source has none; valid as long as this is. From any thread.
  [[nodiscard]] FeedReader* reader(std::string_view feed) const;
  /// Why it is not known yet which streams the families stand for; empty: it is. From any thread.
  [[nodiscard]] std::string unlisted() const;

  /// FeedReader::replay on the source's thread, between two steps, when the reader is not within a scan: one at a time. From any thread. Blocks,
  /// for its turn at most `patience`; Error::retry says what it would have waited for.
  Result<std::vector<Replayed>> replay(const FeedReader& reader, std::vector<std::string> keys, std::chrono::milliseconds patience);

 private:
  using Clock = std::chrono::steady_clock;
  /// A refused source is asked again now and then: the person who mends a right or a table need not restart the node.
  static constexpr std::chrono::seconds kAskAgain{15};

  SourceRunner(SourceOptions options, store::Store& store, base::Log& log, base::Metrics& metrics);

  struct Turn {
    Backoff backoff;
    Clock::time_point due;
    bool refused = false;  ///< the last read was
    std::unique_ptr<Connection> connection;  ///< one per feed: a scan's snapshot must not hold up another's
  };

  /// One feed. Stays where it is once it was added.
  struct Task {
    Task(FeedOptions from, std::shared_ptr<store::Feed> feed, const std::string& source, base::Log& log, base::Metrics& metrics)
        : options(std::move(from)), reader(options, std::move(feed), source, log, metrics) {}
    const FeedOptions options;
    FeedReader reader;
    Turn turn;
  };

  /// What another thread wants done on this one.
  struct Errand {
    Task* task = nullptr;
    std::vector<std::string> keys;
    std::promise<Result<std::vector<Replayed>>> done;
  };

  void run();
  void run_errand();
  [[nodiscard]] bool errand_ready() const { return errand_ && !errand_->task->reader.within_scan(); }
  void take_turn(FeedReader& reader, Turn& turn);
  Result<bool> read_once(FeedReader& reader, Turn& turn);
  Status connect(Turn& turn);
  [[nodiscard]] bool stopping();

  // source_families.cpp
  Status add(FeedOptions options);
  void look_for_streams();
  Result<std::vector<StreamName>> list_streams();
  void take_up(const FeedFamily& family, const std::vector<StreamName>& streams);
  void take_up(FeedOptions feed);
  void say_once(const std::string& what);
  [[nodiscard]] bool wait_until_due();

  const SourceOptions options_;
  const std::string room_;  ///< for the log: "source erp"
  store::Store& store_;
  base::Log& log_;
  base::Metrics& metrics_;
  Turn looking_;  ///< for streams
  std::string trouble_;  ///< why streams could not be listed the last time
  std::unordered_set<std::string> said_;  ///< of streams that cannot be feeds
  std::minstd_rand random_;

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Task>> tasks_;  ///< only grows, on the source's thread; that thread alone reads it without mutex_
  std::string unlisted_;                      ///< guarded by mutex_
  std::condition_variable wake_;
  bool stop_ = false;
  std::optional<Errand> errand_;   ///< waits for its turn; guarded by mutex_
  Connection* running_ = nullptr;  ///< the one to cancel; guarded by mutex_

  std::thread thread_;  // last: it uses everything above
};

}  // namespace meshgate::ingest
