#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/device/applier.hpp"
#include "gateway/device/file_lock.hpp"
#include "gateway/device/ledger.hpp"
#include "gateway/device/order.hpp"
#include "gateway/device/piece.hpp"

namespace meshgate::device {

/// Where a reader of a partition goes on, and what it may have shown of it.
struct ReaderState {
  Cursor cursor;
  std::uint32_t schema = 0;
  std::shared_ptr<const Columns> columns;
  std::uint64_t generation = 0;
  std::uint64_t count = 0;
  Digest digest;
  bool comparing = false;
  std::uint32_t mismatches = 0;
  Micros verified{0};
};

/// What a piece of a stream did.
struct Applied {
  std::uint64_t lines = 0;
  bool stale = false;  ///< the cursor jumped meanwhile (another epoch, a new pass): nothing applied, read again
  bool caught_up = false;
  bool verified = false;         ///< count and digest are those of the mark
  bool mismatch = false;         ///< they are not: the partition is compared from 0
  std::uint64_t removed = 0;     ///< what a finished pass did not meet
  std::uint64_t generation = 0;  ///< of the partition afterwards
  std::uint64_t repaired = 0;    ///< bytes of a node's answers, where what differed was repaired
};

struct FileOptions {
  std::uint64_t lines_per_commit = 10000;
  std::chrono::milliseconds longest_commit{1000};
};

/// One SQLite file that mirrors feeds. Thread safe: every call takes the file's one lock, since SQLite has one writer. Lines and
/// cursor are committed together; after a failed write everything is as at the last commit.
class MirrorFile {
 public:
  /// Opens or makes the file and locks it against other mirrors (Error::conflict).
  static Result<std::unique_ptr<MirrorFile>> open(const std::string& path, FileOptions options = {});
  ~MirrorFile();

  /// Begins or goes on mirroring a feed. Error::conflict when the file holds another feed under that name, unless `replace`.
  Result<MirroredFeed*> adopt(std::string_view name, std::string_view uid, bool divided, const Schema& schema, bool replace);
  Result<Place*> place(MirroredFeed& feed, std::string_view partition);
  [[nodiscard]] ReaderState standing(const Place& place);

  /// Applies a piece, all or nothing. `generation`: of the partition when the cursor was taken that the piece was asked for with.
  Result<Applied> apply(Place& place, std::uint64_t generation, const Piece& piece);
  /// Takes a schema line: new fields become columns. Gives the columns there are now.
  Result<std::shared_ptr<const Columns>> take_schema(MirroredFeed& feed, const Schema& schema);
  /// 410: the items stay, a pass at 0 begins.
  Status begin_pass(Place& place);
  /// Held by who compares a partition, so that one order at a time is in memory. Blocks while another is compared.
  [[nodiscard]] std::unique_lock<std::mutex> turn_to_compare() { return std::unique_lock(comparing_); }
  /// Where the rows stand, to compare them with a node's. Code::unsupported: they cannot be compared.
  Result<Order> order(const Place& place, const GoesOn& goes_on);
  /// Makes the partition, which is at 0, what a node has: what stands at the seqs `away`, ascending, goes, then the piece comes, and the cursor is its mark's. All or
  /// nothing. Where the node's order has another epoch, the feed's other partitions are to be compared from then on.
  Result<Applied> mend(Place& place, std::uint64_t generation, const std::vector<Seq>& away, const Piece& piece);
  /// The reader may not read it any more: the partition's items go, those that are in others too stay there. Should it come back, it is read
  /// from 0. Gives how many it held.
  Result<std::uint64_t> drop(Place& place);
  [[nodiscard]] bool knows(std::string_view feed);
  /// The partitions of which something is held.
  [[nodiscard]] std::vector<Place*> held();

  /// Recomputes counts and digests of a feed from its rows. A partition that is not as it was left is compared from 0; gives how
  /// many. `progress` gets the rows looked at and returns false to stop (Error::cancelled).
  Result<std::uint64_t> recount(MirroredFeed& feed, const std::function<bool(std::uint64_t)>& progress);

  /// Commits what has waited for longer than `longest_commit`, or everything. With nothing to commit for a while, gives back the memory that writing took.
  Status commit_due();
  Status commit();
  /// The most pages that the file may grow to; beyond, writes fail with Error::no_space.
  Status limit_pages(std::uint64_t pages);

 private:
  MirrorFile(FileOptions options, FileLock lock) : options_(options), lock_(std::move(lock)) {}
  Status begin();
  Result<std::uint64_t> take_recount(MirroredFeed& feed, const std::function<bool(std::uint64_t)>& progress);
  Status commit_now();
  void roll_back();
  void rest();
  Result<Applied> apply_all(Place& place, const Piece& piece);
  Result<Applied> mend_all(Place& place, const std::vector<Seq>& away, const Piece& piece);
  Status apply_one(Place& place, const Change& change, Seq& last);
  Status enter(Place& place, const Mark& mark);
  Status apply_mark(Place& place, const Mark& mark, Seq last, Applied& out);
  Status judge(Place& place, const Mark& mark, Applied& out);
  /// Within an open transaction that holds nothing else; ends it. The feed is as before when it fails.
  Status widen(MirroredFeed& feed, const Schema& schema);
  Result<MirroredFeed*> add_feed(std::string_view name, std::string_view uid, bool divided, const Schema& schema);
  Status replace_feed(MirroredFeed& feed, std::string_view uid, bool divided);
  Error refuse(const MirroredFeed& feed, std::string_view uid, bool divided);

  std::mutex mutex_;
  std::mutex comparing_;
  const FileOptions options_;
  FileLock lock_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Ledger> ledger_;
  Applier applier_;
  std::uint64_t waiting_ = 0;  ///< lines in the open transaction
  std::chrono::steady_clock::time_point begun_;
  bool rested_ = false;
};

}  // namespace meshgate::device
