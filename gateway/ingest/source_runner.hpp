#pragma once

#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "gateway/base/backoff.hpp"
#include "gateway/base/log.hpp"
#include "gateway/ingest/connection.hpp"
#include "gateway/ingest/feed_family.hpp"
#include "gateway/ingest/feed_reader.hpp"
#include "gateway/ingest/options.hpp"
#include "gateway/ingest/password_checks.hpp"
#include "gateway/ingest/retention.hpp"
#include "gateway/ingest/row_budget.hpp"
#include "gateway/store/store.hpp"

namespace meshgate::ingest {

/// Reads one source into its feeds on a thread of its own, a batch of each in turn, then waits for the interval. Faults are
/// waited out with backoff, per feed; a lost connection is opened anew. All feeds together keep within the source's limits. A call that keeps
/// the thread for long (a locked table, a hung server) ends by the connector's deadline, and of feeds that do that only one has its turn
/// before those that do not are read again. Where the source has families, its streams are listed every half minute between two reads, and new
/// ones become feeds; none ever goes. The destructor stops and joins.
class SourceRunner {
 public:
  /// With the feeds of the configuration and those that the store remembers of its families; reaches nothing yet. An Error is the store's.
  static Result<std::unique_ptr<SourceRunner>> start(SourceOptions options, store::Store& store, Retention& retention, base::Log& log, base::Metrics& metrics);
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

  /// FeedReader::replay on the source's thread, between two steps; a scan lets go of its snapshot for it, and goes on in a new one. One at a time.
  /// From any thread. Blocks, for its turn at most `patience`; Error::retry says what it would have waited for.
  Result<std::vector<Replayed>> replay(const FeedReader& reader, std::vector<std::string> keys, std::chrono::milliseconds patience);

  /// Whether somebody with an item in this reader's feed has this password; see Ingest::verify. From any thread. Blocks.
  Status verify(const FeedReader& reader, const Credentials& who);

 private:
  using Clock = std::chrono::steady_clock;
  /// A refused source is asked again now and then: the person who mends a right or a table need not restart the node.
  static constexpr std::chrono::seconds kAskAgain{15};

  SourceRunner(SourceOptions options, store::Store& store, Retention& retention, base::Log& log, base::Metrics& metrics);

  struct Turn {
    base::Backoff backoff;
    Clock::time_point due;
    Clock::time_point taken;  ///< the last one
    bool refused = false;     ///< the last read was
    bool quick = false;       ///< the last turn did not keep the thread for long
    bool under_way = false;   ///< the last read did not come to an end
    bool gave_up = false;     ///< its connection, to another feed
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
  void close_all();
  void run_errand();
  Result<std::vector<Replayed>> replay_now(Task& task, std::vector<std::string> keys);
  [[nodiscard]] bool errand_ready() const { return errand_ && !errand_->task->reader.holds_open(); }
  [[nodiscard]] bool errand_for(const Task& task);
  void go_round();
  /// Those that do not keep the thread for long first, and of each kind those that have waited longest.
  [[nodiscard]] std::vector<Task*> due_ones() const;
  /// False: it kept the thread for long.
  bool take_turn(Task& task);
  void come_back(FeedReader& reader, Turn& turn, const Result<bool>& idle);
  Result<bool> read_once(FeedReader& reader, Turn& turn, const Limits& limits);
  Status open(FeedReader& reader, Turn& turn);
  Status connect(Turn& turn);

  // source_limits.cpp
  [[nodiscard]] std::optional<Limits> allowed(Task& task);
  bool within_connections(Task& task);
  bool within_statements(Task& task, Limits& limits);
  bool within_rows(Task& task, Limits& limits);
  [[nodiscard]] bool listens(const FeedReader& reader) const;
  void note_limits(FeedReader& reader, bool idle, const std::string& quiet);

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
  Retention& retention_;
  base::Log& log_;
  base::Metrics& metrics_;
  std::optional<RowBudget> rows_;  ///< none: no limit
  Turn looking_;                   ///< for streams
  std::string trouble_;            ///< why streams could not be listed the last time
  std::unordered_set<std::string> said_;  ///< of streams that cannot be feeds

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Task>> tasks_;  ///< only grows, on the source's thread; that thread alone reads it without mutex_
  std::string unlisted_;                      ///< guarded by mutex_
  std::condition_variable wake_;
  bool stop_ = false;
  std::optional<Errand> errand_;   ///< waits for its turn; guarded by mutex_
  Connection* running_ = nullptr;  ///< the one to cancel; guarded by mutex_
  PasswordChecks checks_;

  std::thread thread_;  // last: it uses everything above
};

}  // namespace meshgate::ingest
