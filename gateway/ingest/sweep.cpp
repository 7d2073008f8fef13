#include <algorithm>
#include <utility>

#include "gateway/ingest/feed_reader.hpp"
#include "gateway/ingest/item_names.hpp"

namespace meshgate::ingest {

namespace {

constexpr std::size_t kNamedHeld = 5;

}  // namespace

/// The number is known before anything is deleted. Only what the guard lets through is asked for again by key: a table that was emptied would
/// otherwise be asked for every key at every scan for as long as it is held, and to hold too much for one scan deletes nothing.
Result<bool> FeedReader::sweep() {
  const auto state = feed_->state();
  const auto missing = count_missing(state.count);
  if (!missing) return missing.error();
  const Sweep found{*missing, seen_->count(), state.count};
  if (!released_ && holds(options_.guard, found)) {
    if (auto kept = keep_held(found, state.held); !kept) return std::move(kept).error();
    return false;
  }
  let_through(found, state.held);
  if (found.missing > 0) {
    if (auto done = delete_missing(); !done) return std::move(done).error();
  }
  released_ = false;
  return true;
}

Result<std::uint64_t> FeedReader::count_missing(std::uint64_t items) const {
  // Where nothing that was met has gone since, the numbers say it and the index need not be searched.
  if (scan_removed_ == 0) return items - std::min(items, seen_->count());
  std::uint64_t out = 0;
  for (std::string after;;) {
    const auto unseen = feed_->unseen(kStream, *seen_, after, kSweepBatch);
    if (!unseen) return unseen.error();
    out += unseen->size();
    if (unseen->size() < kSweepBatch) return out;
    after = unseen->back().id;
  }
}

Status FeedReader::keep_held(const Sweep& found, const std::string& held_before) {
  const auto some = feed_->unseen(kStream, *seen_, {}, kNamedHeld);
  if (!some) return some.error();
  std::vector<std::string> named;
  for (const auto& one : *some) named.push_back(known_as(options_.guard, *feed_, one.id));
  const std::string why = held_sentence(options_.guard, found, name_, named);
  // The numbers move with every scan; the log says it once.
  if (!std::exchange(said_held_, true)) log_.warning(room_, "deletes are held: " + why);
  if (why != held_before) batch_.set_held(why);
  return {};
}

void FeedReader::let_through(const Sweep& found, const std::string& held_before) {
  if (holds(options_.guard, found)) {
    log_.warning(room_, "an operator released the sweep: up to " + std::to_string(found.missing) + " of " + std::to_string(found.items) + " items are deleted");
  } else if (!held_before.empty()) {
    log_.info(room_, "deletes are no longer held: the scan found the items again, or few enough are missing");
  }
  if (!held_before.empty()) batch_.set_held({});
  said_held_ = false;
}

Status FeedReader::delete_missing() {
  for (std::string after;;) {
    const auto unseen = feed_->unseen(kStream, *seen_, after, kSweepBatch);
    if (!unseen) return unseen.error();
    if (unseen->empty()) return {};
    after = unseen->back().id;
    if (auto done = ask_again(*unseen); !done) return done;
    if (auto done = commit(); !done) return done;
  }
}

}  // namespace meshgate::ingest
