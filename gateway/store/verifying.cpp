#include <algorithm>

#include "gateway/store/snapshot.hpp"
#include "gateway/store/shrinking.hpp"

namespace meshgate::store {

namespace {

/// What one pass finds of one copy.
struct Sums {
  std::uint64_t count = 0;
  Digest digest;
  std::uint64_t entries = 0;
  std::uint64_t seqs = 0;  ///< sum, so that the same number of other entries is found too
  Seq highest{0};
  void add(Seq seq) {
    ++entries;
    seqs += number(seq);
    highest = std::max(highest, seq);
  }
};

class Verification {
 public:
  Verification(const Engine& engine, FeedNumber feed, std::string name) : view_(engine, feed), name_(std::move(name)) {}

  Status run(const std::map<PartitionNumber, std::string>& partitions) {
    if (auto summed = sum_index(); !summed) return summed;
    for (const auto& [number, name] : partitions) {
      const PartitionRecord& record = view_.partition(number);
      for (const Copy* copy : {&record.served, &record.building}) {
        if (copy->generation == 0) continue;
        if (auto same = compare(number, name, *copy); !same) return same;
      }
    }
    ProgressRecord progress;
    if (auto read = read_record(view_.engine(), meta_key(Meta::progress, view_.feed()), view_.at(), progress); !read) return read;
    if (progress.items != items_) return differs("", "number of items", items_, progress.items);
    return {};
  }

 private:
  Status sum_index() {
    const std::string first = feed_prefix(view_.feed());
    const std::string last = behind(first);
    const rocksdb::Slice upper(last);
    rocksdb::ReadOptions how;
    how.snapshot = view_.at();
    how.iterate_upper_bound = &upper;
    how.fill_cache = false;
    const auto at = view_.engine().iterate(Family::index, how);
    IndexEntry entry;
    for (at->Seek(first); at->Valid(); at->Next()) {
      if (!decode(store::view(at->value()), entry)) return Error{Code::corrupt, "feed '" + name_ + "': an index entry is damaged"};
      if (any_live(entry)) ++items_;
      for (const Membership& one : entry.memberships) add(one);
    }
    if (!at->status().ok()) return view_.engine().error(at->status());
    return {};
  }

  void add(const Membership& one) {
    Sums& sums = index_[{one.partition, one.generation}];
    sums.add(one.seq);
    if (!one.live) return;
    ++sums.count;
    sums.digest.add(one.hash);
  }

  Result<Sums> sum_log(const LogRange& range) {
    std::string first;
    append_log_key(first, range, Seq{0});
    std::string last;
    append_log_key(last, {range.feed, range.partition, range.generation + 1}, Seq{0});
    const rocksdb::Slice upper(last);
    rocksdb::ReadOptions how;
    how.snapshot = view_.at();
    how.iterate_upper_bound = &upper;
    how.fill_cache = false;
    const auto at = view_.engine().iterate(Family::log, how);
    Sums out;
    for (at->Seek(first); at->Valid(); at->Next()) {
      if (auto added = add_line(seq_of_log_key(store::view(at->key())), store::view(at->value()), out); !added) return std::move(added).error();
    }
    if (!at->status().ok()) return view_.engine().error(at->status());
    return out;
  }

  Status add_line(Seq seq, std::string_view text, Sums& out) {
    if (!text.empty()) text.remove_suffix(1);
    auto line = parser_.parse(text);
    if (!line) return std::move(line).error();
    out.highest = std::max(out.highest, seq);
    if (std::holds_alternative<TrimLine>(*line)) return {};
    out.add(seq);
    const auto* put = std::get_if<PutLine>(&*line);
    if (put == nullptr) return {};
    if (content_hash(put->id, put->content) != put->rev.hash || put->seq != seq) {
      return Error{Code::corrupt, "feed '" + name_ + "': the line of item '" + std::string(put->id) + "' is not what its revision says"};
    }
    ++out.count;
    out.digest.add(put->rev.hash);
    return {};
  }

  Status compare(PartitionNumber number, const std::string& name, const Copy& copy) {
    const auto log = sum_log({view_.feed(), number, copy.generation});
    if (!log) return log.error();
    const Sums& index = index_[{number, copy.generation}];
    if (log->count != copy.count) return differs(name, "count of the log", log->count, copy.count);
    if (index.count != copy.count) return differs(name, "count of the index", index.count, copy.count);
    if (log->digest != copy.digest) return differs(name, "digest of the log", log->digest, copy.digest);
    if (index.digest != copy.digest) return differs(name, "digest of the index", index.digest, copy.digest);
    if (log->entries != index.entries) return differs(name, "entries of the log beside the index", log->entries, index.entries);
    if (log->seqs != index.seqs) return differs(name, "seqs of the log beside the index", log->seqs, index.seqs);
    if (log->highest > copy.head) return differs(name, "highest seq", meshgate::number(log->highest), meshgate::number(copy.head));
    return {};
  }

  static std::string text(std::uint64_t value) { return std::to_string(value); }
  static std::string text(const Digest& value) { return value.text(); }
  template <class T>
  Error differs(const std::string& partition, const char* what, const T& found, const T& kept) const {
    return {Code::corrupt, "feed '" + name_ + "', partition '" + partition + "': the " + what + " is " + text(found) + ", but " + text(kept) +
                               " was kept: restore a backup with `meshgate restore`"};
  }

  View view_;
  const std::string name_;
  std::map<std::pair<PartitionNumber, Generation>, Sums> index_;
  std::uint64_t items_ = 0;
  LineParser parser_;
};

}  // namespace

Status DiskFeed::verify() const {
  std::map<PartitionNumber, std::string> partitions;
  std::string name;
  {
    const std::shared_lock lock(tables_mutex_);
    name = tables_.feed.name;
    for (const auto& [number, record] : tables_.partitions) partitions[number] = record.name;
  }
  return Verification(*engine_, number_, name).run(partitions);
}

}  // namespace meshgate::store
