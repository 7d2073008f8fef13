#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gateway/base/log.hpp"
#include "gateway/base/metrics.hpp"
#include "gateway/ingest/committer.hpp"
#include "gateway/ingest/connection.hpp"
#include "gateway/ingest/mapped_stream.hpp"
#include "gateway/ingest/options.hpp"
#include "gateway/ingest/replayed.hpp"
#include "gateway/ingest/status.hpp"
#include "gateway/store/feed.hpp"

namespace meshgate::ingest {

/// A feed has one stream for now; its name is constant so that renaming a source or table changes no owner.
inline constexpr const char* kStream = "main";

/// Fills one feed from one stream: read → map → commit, one batch a step; sweeps after a complete scan. Used by its source's thread;
/// only status(), presentation(), release() and holds_open() may be called from others. While more is to come, batches are committed on a second thread and the next ones
/// are read meanwhile. Survives a kill at any point: items and Position are one commit.
class FeedReader : private RecordSink {
 public:
  FeedReader(const FeedOptions& options, std::shared_ptr<store::Feed> feed, std::string source, base::Log& log, base::Metrics& metrics);

  /// Opens the stream and takes up the stored Position. Blocks.
  Status open(Connection& connection);
  void close();
  [[nodiscard]] bool is_open() const { return stream_.has_value(); }
  /// Something of the stream is open at the source: what comes next may be older than what the source has now.
  [[nodiscard]] bool holds_open() const { return holds_open_; }

  /// One read, mapped and committed. True: nothing more at present. Blocks.
  Result<bool> step(const Limits& limits);
  /// Records that the last step() got.
  [[nodiscard]] std::uint64_t rows_read() const { return rows_read_; }
  /// The last step() was light, and a scan waits for one that is not.
  [[nodiscard]] bool scan_waits() const { return scan_waits_; }
  /// By the last step(): the stream waits by itself for what comes.
  [[nodiscard]] bool listens() const { return listens_; }

  /// Asks the source for quarantined records by key (none named: for all) and puts what comes back; a record that the source does not have any
  /// more goes with its item, unless they are more than the guard lets through. Not while holds_open(). Blocks.
  Result<std::vector<Replayed>> replay(std::vector<std::string> keys);

  void fail(const Error& error);
  /// Says what keeps the reading back; nothing does with Limit::none.
  void note_limit(Limit limit, const std::string& sentence = {});
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] FeedStatus status() const { return board_.get(); }
  [[nodiscard]] const mapping::Presentation& presentation() const { return options_.definition.presentation(); }
  /// Lets the next sweep through, whatever the guard thinks of it. Forgotten at a restart: to hold again is harmless, to let through
  /// what nobody thinks of any more is not.
  void release() { released_ = true; }

 private:
  Status columns(const SourceColumns& columns) override;
  Flow record(const Record& record, std::string_view raw) override;

  Status compile(const SourceColumns& columns);
  void say_fields_that_leave(const Schema& next);
  void begin_scan();
  void begin_anew(const Error& gone);
  void note_as_of(Micros as_of);
  Status end_scan(const Progress& progress);

  // replay.cpp
  Result<std::vector<std::string>> quarantined_keys() const;
  Status read_again(std::span<Replayed> some);
  Status remove_absent(std::span<Replayed> all);
  Status judge_present(std::span<Replayed> all) const;

  // sweep.cpp
  /// False: the guard holds the deletes.
  Result<bool> sweep();
  Result<std::uint64_t> count_missing(std::uint64_t items) const;
  Status keep_held(const Sweep& found, const std::string& held_before);
  void let_through(const Sweep& found, const std::string& held_before);
  Status delete_missing();
  Status ask_again(const std::vector<store::Unseen>& unseen);

  /// Puts the present records of keys into the batch; the keys that the source has.
  Result<MappedStream::Keys> look_up(std::span<const std::string> keys) { return mapped_.look_up(*stream_, keys, *this); }
  Status ask_for_unknown();
  Status commit();
  Status commit_beside();
  void leave_out_expired();
  /// Tells the source that what was read is durable. Blocks until it is.
  Status settle();
  Status finish_commits();
  Status account(const Result<store::Outcome>& outcome);
  void note_progress(const Progress& progress);
  void note_way(const std::string& note);
  void enter(Phase phase, std::string message = {});

  const std::string name_;
  const FeedOptions& options_;
  const std::shared_ptr<store::Feed> feed_;
  const std::string reader_;  ///< as the source knows this feed: a rename keeps it, another store has another
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
    base::Counter& expired;
  };
  Counters counters_;
  StatusBoard board_;
  std::atomic<bool> released_{false};

  std::optional<Stream> stream_;
  Position position_;
  MappedStream mapped_;
  store::Batch batch_;
  std::optional<store::Seen> seen_;  ///< of the running scan; none when it was taken up in the middle or met an unreadable key
  std::atomic<bool> holds_open_{false};
  std::atomic<std::uint64_t> kept_{0};  ///< entries in the source's journal
  bool scan_waits_ = false;
  bool listens_ = false;
  std::uint64_t rows_read_ = 0;
  bool unreadable_key_ = false;
  bool of_scan_ = false;                              ///< what is filled or committed is a scan's
  std::vector<std::string> unknown_;                  ///< keys that a scan said are present and the feed does not have
  std::chrono::steady_clock::time_point scan_began_;
  std::chrono::steady_clock::time_point last_report_;
  std::uint32_t unsettled_ = 0;  ///< reads since the source was told that what it gave is durable
  std::uint64_t scan_rows_ = 0;
  std::uint64_t scan_removed_ = 0;
  std::uint64_t scan_quarantined_ = 0;
  std::uint64_t scan_beyond_ = 0;
  bool scan_replayed_ = false;     ///< what the scan counts as quarantined is no longer all that is
  std::uint64_t scan_missed_ = 0;  ///< changes that the scan found and earlier reads should have
  bool said_full_ = false;
  bool said_held_ = false;
  Micros scan_since_{0};
  Committer committer_;  ///< touches seen_, which nobody else does before finish_commits(); last, so that it ends first
};

}  // namespace meshgate::ingest
