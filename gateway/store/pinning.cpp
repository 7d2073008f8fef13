#include "gateway/store/snapshot.hpp"

namespace meshgate::store {

namespace {

constexpr std::size_t kSlice = std::size_t{256} << 10U;
constexpr std::size_t kReadAhead = std::size_t{256} << 10U;
constexpr std::uint64_t kEntriesPerMark = 1000;

/// Hands on lines in slices, with resume points between them.
class Slices {
 public:
  Slices(Seq after, const Standing& standing, const TakeLines& take) : standing_(standing), take_(take), read_(after) {
    after_.epoch = standing.epoch;
    after_.seq = after;
    lines_.reserve(kSlice * 2);
  }

  /// False: no more are wanted.
  bool add(Seq seq, std::string_view line) {
    if (entries_ > 0 && entries_ % kEntriesPerMark == 0) mark();
    lines_.append(line);
    ++entries_;
    read_ = seq;
    return lines_.size() < kSlice || hand_on();
  }

  bool hand_on() {
    const bool more = take_(lines_);
    lines_.clear();
    return more;
  }

  [[nodiscard]] std::uint64_t entries() const { return entries_; }

 private:
  /// An entry follows, so this one lies below the head. What it says must hold whenever it is read: neither time nor loading stands here.
  void mark() {
    Mark here;
    here.cursor = advance(after_, read_, standing_).cursor;
    here.floor = standing_.floor;
    append_mark(lines_, here);
  }

  const Standing& standing_;
  const TakeLines& take_;
  Cursor after_;
  Seq read_;
  std::uint64_t entries_ = 0;
  std::string lines_;
};

class DiskPin final : public Pin {
 public:
  explicit DiskPin(std::shared_ptr<Engine> engine) : engine_(std::move(engine)), at_(engine_->db()) {}

  [[nodiscard]] const rocksdb::Snapshot* at() const { return at_.get(); }
  void set(const ServedPartition& found) {
    range_ = found.range;
    standing_ = found.standing;
  }

  [[nodiscard]] const Standing& standing() const override { return standing_; }

  [[nodiscard]] Result<std::uint64_t> extract(Seq after, Seq to, const TakeLines& take) const override {
    std::string first;
    append_log_key(first, range_, next(after));
    std::string last;
    append_log_key(last, range_, next(std::min(to, standing_.head)));
    const rocksdb::Slice upper(last);
    rocksdb::ReadOptions how;
    how.snapshot = at_.get();
    how.iterate_upper_bound = &upper;
    how.fill_cache = false;
    how.ignore_range_deletions = true;  // only generations that are not served any more were ever deleted as ranges
    how.readahead_size = kReadAhead;
    Slices slices(after, standing_, take);
    const auto line = engine_->iterate(Family::log, how);
    bool more = true;
    for (line->Seek(first); more && line->Valid(); line->Next()) more = slices.add(seq_of_log_key(view(line->key())), view(line->value()));
    if (!line->status().ok()) return engine_->error(line->status());
    if (!more || !slices.hand_on()) return Error{Code::cancelled, "the reading was ended"};
    return slices.entries();
  }

  [[nodiscard]] Result<std::vector<std::uint64_t>> spread(std::uint64_t width) const override {
    const std::uint64_t cells = (number(standing_.head) + width - 1) / width;
    std::vector<std::string> bounds(cells + 1);
    for (std::uint64_t i = 0; i <= cells; ++i) append_log_key(bounds[i], range_, Seq{i * width + 1});
    std::vector<rocksdb::Range> ranges;
    ranges.reserve(cells);
    for (std::uint64_t i = 0; i < cells; ++i) ranges.emplace_back(bounds[i], bounds[i + 1]);
    std::vector<std::uint64_t> out(cells);
    rocksdb::SizeApproximationOptions how;
    how.include_memtables = true;
    const auto counted = engine_->db().GetApproximateSizes(how, engine_->family(Family::log), ranges.data(), static_cast<int>(cells), out.data());
    if (!counted.ok()) return engine_->error(counted);
    return out;
  }

 private:
  const std::shared_ptr<Engine> engine_;
  const Snapshot at_;
  LogRange range_;
  Standing standing_;
};

}  // namespace

Result<std::shared_ptr<const Pin>> DiskFeed::pin(std::string_view partition) const {
  const auto number = numbered(partition);
  if (!number) return number.error();
  auto out = std::make_shared<DiskPin>(engine_);
  auto found = served(*number, out->at());
  if (!found) return std::move(found).error();
  out->set(*found);
  return std::shared_ptr<const Pin>(std::move(out));
}

}  // namespace meshgate::store
