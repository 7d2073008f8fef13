#pragma once

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "gateway/base/log.hpp"
#include "gateway/base/metrics.hpp"
#include "gateway/ingest/connection.hpp"
#include "gateway/ingest/options.hpp"
#include "gateway/ingest/status.hpp"
#include "gateway/store/feed.hpp"
#include "mapping/mapping.hpp"

namespace meshgate::ingest {

/// Fills one feed from one stream: read → map → commit, one batch a step; sweeps after a complete scan. Used by its source's thread;
/// only status() and release() may be called from others. While more is to come, a batch is committed on a second thread and the next one is
/// read meanwhile: never more than one is under way. Survives a kill at any point: items and Position are one commit.
class FeedReader : private RecordSink {
 public:
  FeedReader(const FeedOptions& options, std::shared_ptr<store::Feed> feed, std::string source, base::Log& log, base::Metrics& metrics);

  /// Opens the stream and takes up the stored Position. Blocks.
  Status open(Connection& connection);
  void close();
  [[nodiscard]] bool is_open() const { return stream_.has_value(); }

  /// One read, mapped and committed. True: nothing more at present. Blocks.
  Result<bool> step();

  void fail(const Error& error);
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] FeedStatus status() const { return board_.get(); }
  /// Lets the next sweep through, whatever the guard thinks of it.
  void release() { released_ = true; }

 private:
  Status columns(const SourceColumns& columns) override;
  Flow record(const Record& record, std::string_view raw) override;

  Status compile(const SourceColumns& columns);
  void quarantine(const Record& record, const Error& error, std::string_view raw);
  void begin_scan();
  void note_as_of(Micros as_of);
  Status end_scan(const Progress& progress);
  /// False: the guard holds the deletes.
  Result<bool> sweep();
  Status ask_again(const std::vector<store::Unseen>& unseen);
  Status ask_for_unknown();
  Status look_up(const std::vector<std::string>& keys);
  Status commit();
  void start_commit();
  Status finish_commit();
  Status account(const Result<store::Outcome>& outcome);
  void note_progress(const Progress& progress);
  void note_way(const std::string& note);
  void enter(Phase phase, std::string message = {});

  const std::string name_;
  const FeedOptions& options_;
  const std::shared_ptr<store::Feed> feed_;
  const std::string room_;  ///< for the log: "feed orders"
  base::Log& log_;
  struct Counters {
    base::Counter& rows;
    base::Counter& added;
    base::Counter& changed;
    base::Counter& removed;
    base::Counter& quarantined;
    base::Counter& errors;
    base::Counter& late;
    base::Counter& missed;
    base::Gauge& held;
  };
  Counters counters_;
  StatusBoard board_;
  std::atomic<bool> released_{false};

  std::optional<Stream> stream_;
  Position position_;
  SourceColumns source_;
  std::unique_ptr<const mapping::Mapping> mapping_;
  mapping::MappedItem item_;
  store::Batch batch_;
  store::Batch committing_;
  std::optional<store::Seen> seen_;  ///< of the running scan; none when it was taken up in the middle or met an unreadable key
  bool unreadable_key_ = false;
  std::unordered_set<std::string>* found_ = nullptr;  ///< keys met by ask_again
  std::vector<std::string> unknown_;  ///< keys that a scan said are present and the feed does not have
  std::chrono::steady_clock::time_point scan_began_;
  std::chrono::steady_clock::time_point last_report_;
  std::uint64_t scan_rows_ = 0;
  std::uint64_t scan_removed_ = 0;
  std::uint64_t scan_quarantined_ = 0;
  std::uint64_t scan_missed_ = 0;  ///< changes that the scan found and earlier reads should have
  bool within_scan_ = false;       ///< the batch being filled or committed is a scan's
  Micros scan_since_{0};
  std::future<Result<store::Outcome>> under_way_;  ///< of committing_ and seen_, which nobody else touches meanwhile; last, so that it is waited for first
};

}  // namespace meshgate::ingest
