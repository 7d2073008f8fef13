// How a copy that differs from another node's is repaired in place: entries go and come in one write, and the copy stands where that node stood.
#include "gateway/store/mending.hpp"

#include <algorithm>
#include <unordered_map>

#include "gateway/store/following.hpp"
#include "gateway/store/shrinking.hpp"

namespace meshgate::store {

namespace {

class Mend {
 public:
  Mend(DiskFeed& feed, PartitionNumber number, const Mending& mending)
      : feed_(feed), number_(number), mending_(mending), out_(feed), record_(out_.partition(number)), copy_(record_.served) {}

  Status run() {
    const Mark& mark = mending_.mark;
    if (auto may = feed_.may_take(mark.cursor.epoch, mark.as_of, mark.loading); mark.cursor.epoch != copy_.epoch && !may) return may;
    if (copy_.epoch != mending_.epoch || copy_.head != mending_.head) return Error{Code::conflict, place() + "the copy has moved since it was compared: compare again"};
    for (const Seq seq : mending_.away) {
      if (auto done = take_away(seq); !done) return done;
    }
    if (auto done = add_all(); !done) return done;
    if (mark.caught_up && mark.cursor.high == Seq{0} && (mark.count != copy_.count || mark.digest != copy_.digest)) {
      return Error{Code::corrupt, place() + "count or digest of the repaired copy differ from what the other node has"};
    }
    stand_there();
    write_index();
    return out_.commit(Engine::Durably::yes);
  }

 private:
  struct Loaded {
    IndexEntry entry;
    bool was_live = false;
  };

  [[nodiscard]] std::string place() const { return "feed '" + feed_.tables().feed.name + "', partition '" + record_.name + "': "; }
  [[nodiscard]] LogRange range() const { return out_.range(number_, copy_.generation); }

  Result<Loaded*> load(std::string_view id) {
    const auto [at, fresh] = loaded_.try_emplace(std::string(id));
    if (!fresh) return &at->second;
    std::string key;
    append_index_key(key, feed_.number(), id);
    auto value = feed_.engine().get(Family::index, key);
    if (!value) return std::move(value).error();
    IndexEntry& entry = at->second.entry;
    if (*value && !decode(**value, entry)) return Error{Code::corrupt, place() + "the index entry of item '" + std::string(id) + "' is damaged"};
    at->second.was_live = any_live(entry);
    if (entry.number == 0) entry.number = out_.progress.next_number++;
    return &at->second;
  }

  /// The membership of an item in this copy, at a seq or at any.
  void forget(IndexEntry& entry, std::optional<Seq> at) {
    std::erase_if(entry.memberships, [&](const Membership& one) {
      if (one.partition != number_ || one.generation != copy_.generation || (at && one.seq != *at)) return false;
      out_.drop_line(range(), one.seq, one.live);
      if (!one.live) return true;
      --copy_.count;
      copy_.digest.remove(one.hash);
      return true;
    });
  }

  /// What stands at a seq goes, if anything does.
  Status take_away(Seq seq) {
    std::string key;
    append_log_key(key, range(), seq);
    auto kept = feed_.engine().get(Family::log, key);
    if (!kept) return std::move(kept).error();
    if (!*kept) return {};
    auto line = parser_.parse(std::string_view(**kept).substr(0, (*kept)->size() - 1));
    if (!line) return std::move(line).error();
    std::string id;
    if (const auto* put = std::get_if<PutLine>(&*line)) id = put->id;
    if (const auto* gone = std::get_if<GoneLine>(&*line)) id = gone->id;
    if (std::holds_alternative<TrimLine>(*line)) {
      out_.drop_line(range(), seq, true);
      copy_.trim_seq = copy_.trim_through = Seq{0};
      return {};
    }
    auto item = load(id);
    if (!item) return std::move(item).error();
    forget((*item)->entry, seq);
    return {};
  }

  Status add_all() {
    std::string_view lines = mending_.lines;
    while (!lines.empty()) {
      const std::size_t end = lines.find('\n');
      if (end == std::string_view::npos) return Error{Code::corrupt, place() + "what came ends within a line"};
      if (auto added = add(lines.substr(0, end)); !added) return added;
      lines.remove_prefix(end + 1);
    }
    return {};
  }

  Status add(std::string_view line) {
    auto parsed = parser_.parse(line);
    if (!parsed) return std::move(parsed).error();
    if (const auto* trim = std::get_if<TrimLine>(&*parsed)) {
      const TrimLine cut = *trim;
      if (auto ordered = make_room(cut.seq); !ordered) return ordered;
      put_trim(out_, range(), copy_, cut.seq, cut.through);
      return {};
    }
    if (const auto* gone = std::get_if<GoneLine>(&*parsed)) return add(gone->id, {number_, copy_.generation, gone->seq, false, {}}, line);
    const auto* put = std::get_if<PutLine>(&*parsed);
    if (put == nullptr) return Error{Code::corrupt, place() + "what came holds a line that is no entry"};
    if (content_hash(put->id, put->content) != put->rev.hash) {
      return Error{Code::corrupt, place() + "item '" + std::string(put->id) + "' at seq " + std::to_string(number(put->seq)) + " is not what its revision says"};
    }
    revision_ = put->rev;
    return add(put->id, {number_, copy_.generation, put->seq, true, put->rev.hash}, line);
  }

  Status add(std::string_view borrowed, const Membership& fresh, std::string_view line) {
    const std::string id(borrowed);
    if (auto ordered = make_room(fresh.seq); !ordered) return ordered;
    auto item = load(id);
    if (!item) return std::move(item).error();
    IndexEntry& entry = (*item)->entry;
    forget(entry, std::nullopt);
    entry.memberships.push_back(fresh);
    const std::string whole = std::string(line) + "\n";
    if (!fresh.live) {
      out_.put_gone(range(), fresh.seq, whole, id);
      return {};
    }
    entry.hash = fresh.hash;
    entry.n = revision_.n;
    ++copy_.count;
    copy_.digest.add(fresh.hash);
    out_.put_line(range(), fresh.seq, whole);
    return {};
  }

  Status make_room(Seq seq) {
    if (seq <= last_ || seq > mending_.mark.cursor.seq) return Error{Code::corrupt, place() + "what came is out of order at seq " + std::to_string(number(seq))};
    last_ = seq;
    return take_away(seq);
  }

  void stand_there() {
    const Mark& mark = mending_.mark;
    if (record_.building.generation != 0) {
      out_.drop_log(out_.range(number_, record_.building.generation));
      record_.building = {};
      record_.stale = true;
    }
    go_over(out_, feed_, copy_, mark.cursor.epoch);
    copy_.epoch = mark.cursor.epoch;
    copy_.head = mark.cursor.seq;
    copy_.floor = std::max(copy_.floor, mark.floor);
    copy_.cursor = mark.cursor;
    record_.loading = mark.loading;
    record_.as_of = mark.as_of;
    out_.progress.seq = copy_.head;
    out_.progress.loading = record_.loading;
    out_.progress.as_of = record_.as_of;
    for (const auto& [number, other] : feed_.tables().partitions) {
      if (number == number_ || other.served.generation == 0) continue;
      out_.progress.seq = std::max(out_.progress.seq, other.served.head);
      out_.progress.loading = out_.progress.loading || other.loading;
    }
  }

  void write_index() {
    std::string key;
    for (const auto& [id, item] : loaded_) {
      key.clear();
      append_index_key(key, feed_.number(), id);
      const bool live = any_live(item.entry);
      if (live && !item.was_live) ++out_.progress.items;
      if (!live && item.was_live) --out_.progress.items;
      if (item.entry.memberships.empty()) {
        out_.drop_index(key);
      } else {
        out_.put_index(key, item.entry);
      }
    }
  }

  DiskFeed& feed_;
  const PartitionNumber number_;
  const Mending& mending_;
  Transaction out_;
  PartitionRecord& record_;
  Copy& copy_;
  Seq last_{0};
  Revision revision_;
  std::unordered_map<std::string, Loaded> loaded_;
  LineParser parser_;
};

}  // namespace

Status DiskFeed::mend(std::string_view partition, const Mending& mending) {
  std::unique_lock lock(write_mutex_);
  if (erased_) return erased();
  if (auto ready = settled_for_others(); !ready) return ready;
  const auto number = tables_.partition_named(partition);
  if (!number) return unknown_partition(partition);
  const PartitionRecord& record = tables_.partitions.at(*number);
  if (!record.replica || record.served.generation == 0) {
    return Error{Code::conflict, "feed '" + tables_.feed.name + "', partition '" + std::string(partition) + "': there is no copy here to be repaired"};
  }
  if (auto mended = Mend(*this, *number, mending).run(); !mended) return mended;
  if (auto tidied = tidy(*number); !tidied) return tidied;
  lock.unlock();
  notify();
  return {};
}

/// Every feed of this room is one on disk.
Status mend(Feed& feed, std::string_view partition, const Mending& mending) { return static_cast<DiskFeed&>(feed).mend(partition, mending); }

}  // namespace meshgate::store
