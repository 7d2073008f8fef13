// How a partition becomes what a node has by what differs alone: see repair.hpp.
#include <unordered_set>

#include "gateway/device/mirror_file.hpp"

namespace meshgate::device {

using Guard = std::lock_guard<std::mutex>;

namespace {

/// Those that do not come again: what comes takes the place of what is there.
std::vector<std::string> leaving(std::vector<std::string> ids, const Piece& piece) {
  std::unordered_set<std::string_view> come;
  for (const Change& change : piece.changes) {
    if (const auto* put = std::get_if<Put>(&change)) come.insert(put->row.id);
  }
  std::erase_if(ids, [&come](const std::string& id) { return come.contains(id); });
  return ids;
}

}  // namespace

Result<Order> MirrorFile::order(const Place& place, const GoesOn& goes_on) {
  const Guard guard(mutex_);
  return Order::of(*database_, place, goes_on);
}

Result<Applied> MirrorFile::mend(Place& place, std::uint64_t generation, const std::vector<Seq>& away, const Piece& piece) {
  const Guard guard(mutex_);
  if (place.generation != generation) return Applied{.stale = true};
  if (auto done = commit_now(); !done) return std::move(done).error();
  if (auto begun = begin(); !begun) return std::move(begun).error();
  auto applied = mend_all(place, away, piece);
  const auto done = applied ? commit_now() : Status();
  if (applied && done) return applied;
  roll_back();
  if (!applied) return applied;
  return done.error();
}

Result<Applied> MirrorFile::mend_all(Place& place, const std::vector<Seq>& away, const Piece& piece) {
  auto ids = ids_at(*database_, place, away);
  if (!ids) return std::move(ids).error();
  if (auto entered = enter(place, piece.mark); !entered) return std::move(entered).error();
  for (const std::string& id : leaving(std::move(*ids), piece)) {
    if (auto done = applier_.gone(place, id); !done) return std::move(done).error();
  }
  Seq last{0};
  for (const Change& change : piece.changes) {
    if (auto done = apply_one(place, change, last); !done) return std::move(done).error();
  }
  if (auto done = applier_.end_comparing(place); !done) return std::move(done).error();
  Applied out;
  out.lines = piece.changes.size();
  place.now.cursor = piece.mark.cursor;
  ++place.generation;
  if (piece.mark.as_of.count != 0) place.now.as_of = piece.mark.as_of;
  if (piece.mark.caught_up) {
    if (auto judged = judge(place, piece.mark, out); !judged) return std::move(judged).error();
  }
  out.generation = place.generation;
  return out;
}

}  // namespace meshgate::device
