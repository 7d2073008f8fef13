#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/store/batch.hpp"
#include "gateway/store/seen.hpp"
#include "mesh/cursor.hpp"
#include "mesh/item.hpp"
#include "mesh/lines.hpp"
#include "mesh/result.hpp"
#include "mesh/schema.hpp"

namespace meshgate::store {

/// What a commit did.
struct Outcome {
  std::uint64_t added = 0;
  std::uint64_t changed = 0;    ///< content or partitions
  std::uint64_t unchanged = 0;  ///< same content hash and same partitions: nothing written
  std::uint64_t removed = 0;
  std::uint64_t quarantined = 0;
  std::uint64_t beyond = 0;          ///< of these: only counted, because the quarantine is full
  std::uint64_t late = 0;            ///< of added and changed: put as late
  std::uint64_t expired = 0;         ///< new, but too old to come in
  std::vector<std::string> unknown;  ///< keys said to be present that have no item here, or a record in quarantine
  Seq seq{0};                        ///< the feed's last seq afterwards

  /// Of two commits in a row.
  Outcome& operator+=(const Outcome& next) {
    added += next.added;
    changed += next.changed;
    unchanged += next.unchanged;
    removed += next.removed;
    quarantined += next.quarantined;
    beyond += next.beyond;
    late += next.late;
    expired += next.expired;
    unknown.insert(unknown.end(), next.unknown.begin(), next.unknown.end());
    seq = next.seq;
    return *this;
  }
};

/// What a commit would do to one item, or a record that it would put into quarantine. Borrows until the call returns.
struct Difference {
  enum class Kind : std::uint8_t { added, changed, removed, quarantined };
  Kind kind = Kind::added;
  std::string_view key;                           ///< empty where it could not be read
  std::string_view id;                            ///< of an item
  std::string_view content;                       ///< added, changed: as it would be
  std::span<const std::string_view> partitions;   ///< the same
  std::string_view reason;                        ///< quarantined
  std::string_view raw;                           ///< quarantined
};
using Differs = std::function<void(const Difference&)>;

/// A feed as operators and readers see it, from one moment.
struct PartitionState {
  std::string name;
  Standing standing;
  std::uint64_t count = 0;
  Digest digest;
};
struct FeedState {
  std::string name;
  FeedUid uid;
  Epoch epoch;
  Seq seq{0};
  Schema schema;
  std::string rules;  ///< the mapping's fingerprint
  bool divided = false;
  bool loading = true;  ///< not all that is known to be there is served yet
  Micros as_of{0};
  std::string held;         ///< not empty: deletes are held back, and why
  std::uint64_t count = 0;  ///< items, each once
  std::uint64_t quarantined = 0;
  std::uint64_t beyond = 0;  ///< of these: without an entry of their own, because the quarantine was full; right after each complete scan
  std::uint64_t expired = 0;  ///< items that went by expire() or trim() here since the feed came to be
  std::vector<PartitionState> partitions;  ///< sorted by name
};

/// What each partition keeps of items that are events. The oldest in the feed's order go first: one goes when all before it may go too.
struct Keep {
  Micros age{0};            ///< items of which the time is no longer ago; 0: no matter how long
  std::uint64_t count = 0;  ///< so many; 0: all
  /// What is older goes.
  [[nodiscard]] Micros since(Micros now) const { return Micros{age.count > 0 ? now.count - age.count : 0}; }
  bool operator==(const Keep&) const = default;
};

/// What a feed is at its origin, and so at every copy.
struct Origin {
  FeedUid uid;
  Schema schema;  ///< with its version
  bool divided = false;
};

/// A page of a partition, read in one snapshot: whole lines, then what the mark behind them says.
struct Page {
  Answer answer = Answer::read;  ///< the rest is set for `read` and `ahead`
  std::string lines;             ///< put, gone and trim lines as kept; within them marks, where PageLimits asks for some
  std::uint64_t entries = 0;
  bool end = false;  ///< the page reached the head
  Mark mark;
};
struct PageLimits {
  std::uint64_t entries = 1000;
  std::uint64_t bytes = 1 << 20;  ///< of lines; one line may go over
  std::uint64_t mark_every = std::numeric_limits<std::uint64_t>::max();  ///< entries, before a resume point is put between the lines
};

/// A partition's newest entries, read in one snapshot.
struct Latest {
  std::string lines;  ///< put, gone and trim lines as kept, newest first
  Seq last{0};        ///< of the oldest of them
  bool end = false;   ///< there are none below
  Seq head{0};
};

/// Lines of a part of a partition; false: no more are wanted.
using TakeLines = std::function<bool(std::string_view)>;

/// A partition as it was at one moment: what is read through it stays so for as long as it lives, and what it keeps from being cleared away
/// takes room, so it must not live long. Thread safe; must go before its store.
class Pin {
 public:
  virtual ~Pin() = default;
  [[nodiscard]] virtual const Standing& standing() const = 0;
  /// Hands on the entries with after < seq <= to as kept, in slices of about 256 KiB, with a resume point behind every 1,000; gives how many
  /// they were. Code::cancelled when `take` says so. Blocks.
  [[nodiscard]] virtual Result<std::uint64_t> extract(Seq after, Seq to, const TakeLines& take) const = 0;
  /// How the lines are spread over the order: about how many bytes on disk in each `width` seqs, from 0 to the head. Blocks.
  [[nodiscard]] virtual Result<std::vector<std::uint64_t>> spread(std::uint64_t width) const = 0;
};

struct StoredItem {
  std::string id;
  Revision rev;
  Micros at{0};
  std::string content;
  std::vector<std::string> partitions;
};

/// Items in id order (see FORMAT.md: whole numbers by value first, then bytewise). `next` continues; empty at the end.
struct ItemPage {
  std::vector<StoredItem> items;
  std::string next;
};

struct Quarantined {
  std::string stream;
  std::string key;  ///< or "?<hash>" for a record whose key could not be read
  std::string reason;
  std::string raw;
  Micros first{0};
  Micros last{0};
  std::uint64_t times = 0;
};

/// An item that a scan did not show.
struct Unseen {
  std::string key;
  std::string id;
};

/// One feed on disk. Writing calls block until durable and may come from several threads (they queue); reading calls block on the
/// disk and are thread safe. After a failed sync every write fails until the process is restarted; on a full disk writes fail
/// with Code::no_space and work again once there is room.
class Feed {
 public:
  virtual ~Feed() = default;

  [[nodiscard]] virtual FeedState state() const = 0;
  /// From memory, never blocks: nothing for a partition that does not exist (an undivided feed always has "").
  [[nodiscard]] virtual std::optional<Standing> standing(std::string_view partition) const = 0;

  // ---- writing, at the origin ----

  /// Commits a batch: items, index, origins, digests, counts, heads, quarantine and the stream's Position together. With `seen`,
  /// the item numbers of everything put, unchanged, present or quarantined are added to it after the commit.
  [[nodiscard]] virtual Result<Outcome> commit(const Batch& batch, Seen* seen) = 0;
  /// Like commit(), but items of a first scan may be kept back, to become durable and visible together with others, which is faster: until there
  /// are many, or a second has passed by the next call, or finish() or another write comes. When that fails all that was kept back is lost; the
  /// next gather(), commit() or finish() says so.
  [[nodiscard]] virtual Result<Outcome> gather(const Batch& batch, Seen* seen) = 0;
  /// Nothing is kept back any more.
  [[nodiscard]] virtual Status finish() = 0;
  /// What commit() would do, told item by item; nothing is written. Takes no account of what earlier rehearsals would have done. With
  /// `seen`, the numbers of the present items that the batch puts, removes or quarantines are added to it.
  [[nodiscard]] virtual Result<Outcome> rehearse(const Batch& batch, Seen* seen, const Differs& differs) = 0;
  /// A new schema (given the next version if its shape differs; without fields it is none yet, and has version 0) and rules. Clears every
  /// Position when the rules differ, so that the source is mapped again; epoch and items stay.
  [[nodiscard]] virtual Status define(const Schema& schema, const std::string& rules, bool divided) = 0;
  [[nodiscard]] virtual Result<std::optional<Position>> position(std::string_view stream) const = 0;
  /// Up to `limit` items owned by `stream` that are not in `seen`, in key order of the index after `after` (an id; empty: from
  /// the start). Items put after the scan began are in `seen`, because commits add them.
  [[nodiscard]] virtual Result<std::vector<Unseen>> unseen(std::string_view stream, const Seen& seen, std::string_view after,
                                                           std::size_t limit) const = 0;
  /// Drops gone entries with seq <= `through` and raises the floor.
  [[nodiscard]] virtual Status purge(std::string_view partition, Seq through) = 0;
  /// Drops gone entries older than `age` in all partitions; seq is mapped to time by marks kept once an hour and at each open.
  [[nodiscard]] virtual Status purge_older(Micros age) = 0;
  /// Expires entries up to `through`: takes a seq, leaves a trim line; in steps of bounded size, each of which does so.
  [[nodiscard]] virtual Status trim(std::string_view partition, Seq through) = 0;
  /// Expires what `keep` leaves no room for by trim lines, in each partition at most 10,000 entries; gives how many items: 0 when all went. Nothing goes
  /// while the feed is loading. Looks at no more than what goes.
  [[nodiscard]] virtual Result<std::uint64_t> expire(const Keep& keep) = 0;

  // ---- writing, at a replica: epoch and seq are the origin's ----

  /// Takes over what the feed is at its origin, whenever that has changed; Store::copy() does so at first. Code::conflict: it has a source of its
  /// own here, or holds another feed of this name.
  [[nodiscard]] virtual Status adopt(const Origin& origin) = 0;
  /// Takes over a page read from another node with the cursor `from`: lines as received, then its mark. A new epoch, or a cursor that
  /// began at 0, builds a new generation beside the served one and replaces it when its pass completes. The cursor of the mark is the replica's own from
  /// then on. Pages of a copy that is not served yet may be kept back, as by gather(): finish() makes them durable. Error::conflict: same seq, different content.
  [[nodiscard]] virtual Status follow(std::string_view partition, const Cursor& from, std::string_view lines, const Mark& mark) = 0;
  /// The replica's own cursor of a partition as far as it is durable, to ask upstream with; the start when it has nothing.
  [[nodiscard]] virtual Cursor followed(std::string_view partition) const = 0;

  // ---- reading ----

  [[nodiscard]] virtual Result<Page> changes(std::string_view partition, const Cursor& after, const PageLimits& limits) const = 0;
  [[nodiscard]] virtual Result<std::shared_ptr<const Pin>> pin(std::string_view partition) const = 0;
  /// The entries below a seq (nothing: from the head down), the newest first: at most `limit`, or 4 MiB.
  [[nodiscard]] virtual Result<Latest> latest(std::string_view partition, std::optional<Seq> below, std::size_t limit) const = 0;
  [[nodiscard]] virtual Result<std::optional<StoredItem>> item(std::string_view id) const = 0;
  /// Items of a partition (nothing: of all) after the token of an earlier page (empty: from the first): at most `limit`, or 4 MiB.
  [[nodiscard]] virtual Result<ItemPage> items(std::optional<std::string_view> partition, std::string_view token,
                                               std::size_t limit) const = 0;
  /// The same of items that are in any of these partitions; one that does not exist has none.
  [[nodiscard]] virtual Result<ItemPage> items_in(std::span<const std::string> partitions, std::string_view token, std::size_t limit) const = 0;
  /// Recomputes counts and digests from the items; Error::corrupt names what differs. For tests and `check --deep`.
  [[nodiscard]] virtual Status verify() const = 0;

  [[nodiscard]] virtual Result<std::vector<Quarantined>> quarantined(std::string_view after_key, std::size_t limit) const = 0;
  /// Nothing when that record is not in quarantine.
  [[nodiscard]] virtual Result<std::optional<Quarantined>> quarantined_record(std::string_view stream, std::string_view key) const = 0;
  [[nodiscard]] virtual Status drop_quarantined(std::string_view stream, std::string_view key) = 0;

  /// Called after each commit that moved a head or changed loading, on the committing thread; must not block. The returned
  /// object ends the subscription when it goes.
  [[nodiscard]] virtual std::shared_ptr<void> subscribe(std::function<void()> on_commit) = 0;
};

}  // namespace meshgate::store
