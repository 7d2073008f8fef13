#include "gateway/store/comparing.hpp"

#include <algorithm>

namespace meshgate::store {

namespace {

constexpr std::size_t kParts = 16;

/// Where the node stands at the moment of the pin. Count and digest are of a moment as close to it as can be: only where nothing was committed in between
/// it says that the reader is caught up.
Result<Mark> mark_of(const Feed& feed, const std::string& partition, const Pin& pin) {
  const Standing& standing = pin.standing();
  const Cursor head{.epoch = standing.epoch, .seq = standing.head};
  auto page = feed.changes(partition, head, {.entries = 1});
  if (!page) return std::move(page).error();
  Mark out = page->mark;
  out.caught_up = page->answer == Answer::read && page->entries == 0 && out.caught_up;
  out.cursor = advance(head, standing.head, standing).cursor;
  out.cursor.low = Seq{0};
  out.floor = standing.floor;
  out.loading = standing.loading;
  return out;
}

}  // namespace

Result<std::string> answer_of(const Feed& feed, const ReconcileQuestion& question, std::size_t most) {
  auto pin = feed.pin(question.partition);
  if (!pin) return std::move(pin).error();
  auto mark = mark_of(feed, question.partition, **pin);
  if (!mark) return std::move(mark).error();
  std::string out;
  append_mark(out, *mark);
  const Seq floor = std::max(question.floor, mark->floor);
  auto ranges = question.ranges;
  if (ranges.empty() && question.lines.empty() && mark->cursor.seq != Seq{0}) ranges.push_back({Seq{0}, mark->cursor.seq});
  for (const SeqRange& range : ranges) {
    RangeSummer sums(range, question.by, floor);
    const auto add = [&](std::string_view lines) {
      sums.add(lines);
      return true;
    };
    if (auto read = (*pin)->extract(range.after, range.to, add); !read) return std::move(read).error();
    append_sums(out, {range, sums.parts(kParts)});
  }
  for (const SeqRange& range : question.lines) {
    if (out.size() > most) break;
    append_lines_of(out, range);
    const auto add = [&](std::string_view lines) {
      out.append(lines);
      return true;
    };
    if (auto read = (*pin)->extract(range.after, range.to, add); !read) return std::move(read).error();
  }
  return out;
}

}  // namespace meshgate::store
