#include "mesh/reconciler.hpp"

#include <algorithm>

namespace meshgate {

namespace {

constexpr std::uint64_t kFew = 4;                         ///< lines of a piece that are sent rather than looked at more closely
constexpr std::size_t kMostAsked = 500;                   ///< ranges of each kind in one question
constexpr std::size_t kMostRanges = 20000;                ///< that differ
constexpr std::size_t kMostAway = 200000;                 ///< entries
constexpr std::size_t kMostBytes = std::size_t{32} << 20U;  ///< of lines, which go into one write

Error too_much() { return {Code::unsupported, "so much differs that everything is read again"}; }
Error not_asked() { return {Code::corrupt, "the peer answers what it was not asked"}; }

std::vector<SeqRange> first_of(const std::set<SeqRange>& all) {
  return {all.begin(), std::next(all.begin(), static_cast<std::ptrdiff_t>(std::min(kMostAsked, all.size())))};
}

}  // namespace

std::optional<ReconcileQuestion> Reconciler::next() const {
  ReconcileQuestion out;
  out.by = by_;
  out.floor = own_.floor;
  if (!first_) return out;
  if (open_.empty() && wanted_.empty()) return std::nullopt;
  out.ranges = first_of(open_);
  out.lines = first_of(wanted_);
  return out;
}

/// The first answer says where the copy will stand.
Status Reconciler::stand_at(const Mark& mark) {
  if (!first_) {
    if (mark.cursor.epoch == own_.epoch && mark.cursor.seq < own_.head) return Error{Code::conflict, "the peer has less than this node"};
    first_ = mark;
    if (mark.cursor.seq != Seq{0}) open_.insert({Seq{0}, mark.cursor.seq});
    if (own_.head > mark.cursor.seq) return give_up({mark.cursor.seq, own_.head}, Seq{0});
    return {};
  }
  if (mark.cursor.epoch != first_->cursor.epoch) return Error{Code::retry, "the peer's order has changed meanwhile"};
  if (mark.cursor.seq < first_->cursor.seq) return not_asked();
  const Seq met = std::max(mark.cursor.high, mark.cursor.seq);
  if (met > first_->cursor.seq) first_->cursor.high = std::max(first_->cursor.high, met);
  return {};
}

/// What this node has in a range goes.
Status Reconciler::give_up(const SeqRange& range, Seq floor) {
  if (auto read = entries_of_(range, floor, [this](Seq seq, const Bits128&) { away_.push_back(seq); }); !read) return read;
  return away_.size() > kMostAway ? Status(too_much()) : Status();
}

Status Reconciler::compare(const ReconcileAnswer::Split& split, Seq floor) {
  if (open_.erase(split.range) == 0) return not_asked();
  std::vector<Seq> ends;
  for (const RangePart& part : split.parts) ends.push_back(part.to);
  PartSummer own(std::move(ends));
  if (auto read = entries_of_(split.range, floor, [&own](Seq seq, const Bits128& sum) { own.add(seq, sum); }); !read) return read;
  Seq after = split.range.after;
  for (std::size_t i = 0; i < split.parts.size(); ++i) {
    const SeqRange range{after, split.parts[i].to};
    const EntrySum& theirs = split.parts[i].sum;
    after = range.to;
    if (theirs == own.sums()[i]) continue;
    if (theirs.count > kFew) {
      if (split.parts.size() == 1) return not_asked();
      open_.insert(range);
      continue;
    }
    if (theirs.count > 0) wanted_.insert(range);
    if (auto given_up = give_up(range, floor); !given_up) return given_up;
  }
  return open_.size() + wanted_.size() > kMostRanges ? Status(too_much()) : Status();
}

Status Reconciler::take(ReconcileAnswer answer) {
  const bool asked = first_.has_value();
  if (auto stands = stand_at(answer.mark); !stands) return stands;
  if (answer.splits.empty() && answer.given.empty() && (asked || !open_.empty())) return not_asked();
  floor_ = std::max(floor_, answer.mark.floor);
  const Seq floor = std::max(own_.floor, answer.mark.floor);
  for (const auto& split : answer.splits) {
    if (auto compared = compare(split, floor); !compared) return compared;
  }
  for (auto& given : answer.given) {
    if (wanted_.erase(given.range) == 0) return not_asked();
    bytes_ += given.lines.size();
    come_[given.range.after] = std::move(given.lines);
  }
  return bytes_ > kMostBytes ? Status(too_much()) : Status();
}

Difference Reconciler::result() && {
  Difference out;
  std::ranges::sort(away_);
  out.away = std::move(away_);
  for (const auto& [after, lines] : come_) out.lines += lines;
  out.mark = *first_;
  out.mark.floor = floor_;
  if (out.mark.cursor.high != Seq{0}) out.mark.caught_up = false;
  return out;
}

}  // namespace meshgate
