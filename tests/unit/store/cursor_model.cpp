#include "tests/unit/store/cursor_model.hpp"

namespace meshgate::store {

void History::note(const Feed& origin, const std::string& partition) {
  const auto standing = origin.standing(partition);
  if (!standing) return;
  auto& of_epoch = states_[partition][standing->epoch];
  if (of_epoch.contains(standing->head)) return;
  Items now;
  const auto all = origin.items(partition, "", ~std::size_t{0});
  ASSERT_TRUE(all) << all.error().message;
  for (const StoredItem& item : all->items) now[item.id] = item.rev.hash;
  of_epoch.emplace(standing->head, std::move(now));
}

const Items* History::at(const std::string& partition, Epoch epoch, Seq seq) const {
  const auto one = states_.find(partition);
  if (one == states_.end()) return nullptr;
  const auto of_epoch = one->second.find(epoch);
  if (of_epoch == one->second.end()) return nullptr;
  const auto state = of_epoch->second.find(seq);
  return state == of_epoch->second.end() ? nullptr : &state->second;
}

const Items Reader::items() const {
  Items out;
  for (const auto& [id, held] : held_) out[id] = held.hash;
  return out;
}

void Reader::apply(const std::string& lines) {
  LineParser parser;
  std::string_view rest(lines);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const auto line = parser.parse(rest.substr(0, end));
    rest.remove_prefix(end + 1);
    ASSERT_TRUE(line) << line.error().message;
    if (const auto* put = std::get_if<PutLine>(&*line)) held_[std::string(put->id)] = {put->seq, put->rev.hash, pass_};
    if (const auto* gone = std::get_if<GoneLine>(&*line)) held_.erase(std::string(gone->id));
    if (const auto* trim = std::get_if<TrimLine>(&*line)) {
      // A copy from an earlier pass has a seq of another order: only what was met in this pass can be told to expire.
      std::erase_if(held_, [&](const auto& one) { return one.second.pass == pass_ && one.second.seq <= trim->through; });
    }
  }
}

std::optional<Rendering> render(const Feed& from, const std::string& partition, Seq after, Seq to) {
  const auto pin = from.pin(partition);
  if (!pin || (*pin)->standing().unfinished || to > (*pin)->standing().head) return std::nullopt;
  const Standing& standing = (*pin)->standing();
  Rendering out{partition, standing.epoch, {after, to, standing.head, standing.floor}, {}};
  const auto read = (*pin)->extract(after, to, [&](std::string_view lines) { return out.lines.append(lines), true; });
  EXPECT_TRUE(read) << read.error().message;
  return out;
}

void Reader::begin_pass() {
  ++pass_;
  sweeping_ = true;
}

std::string Reader::take(const Rendering& rendering) {
  caught_up_ = false;
  const RangeLine& range = rendering.range;
  Standing then;
  then.epoch = rendering.epoch;
  then.head = range.head;
  then.floor = range.floor;
  if (judge(cursor_, then) != Answer::read) {
    cursor_ = {};
    ++refused_;
    return {};
  }
  if (cursor_.start()) begin_pass();
  apply(rendering.lines);
  cursor_ = advance(cursor_, range.to, then).cursor;
  const auto again = Cursor::parse(cursor_.text());
  return again && *again == cursor_ ? std::string{} : "cursor " + cursor_.text() + " does not survive its own text";
}

std::string Reader::read(const Feed& from, const PageLimits& limits, const History& history) {
  caught_up_ = false;
  if (!from.standing(partition_)) return {};
  const auto page = from.changes(partition_, cursor_, limits);
  if (!page) return page.error().message;
  if (page->answer == Answer::other_epoch || page->answer == Answer::below_floor || page->answer == Answer::beyond_head) {
    if (cursor_.start()) return "a reader at 0 was sent away";
    cursor_ = {};
    ++refused_;
    return {};
  }
  if (cursor_.start()) begin_pass();
  apply(page->lines);
  const Cursor& next = page->mark.cursor;
  if (!cursor_.start() && (next.epoch != cursor_.epoch || next.seq < cursor_.seq)) return "a reader went backwards to " + next.text();
  const auto again = Cursor::parse(next.text());
  if (!again || *again != next) return "cursor " + next.text() + " does not survive its own text";
  if (page->answer == Answer::read && !page->end && page->entries == 0) return "a page brought nothing and is not the last";
  cursor_ = next;
  return page->mark.caught_up ? check(page->mark, history) : std::string{};
}

std::string Reader::check(const Mark& mark, const History& history) {
  caught_up_ = true;
  if (sweeping_) std::erase_if(held_, [&](const auto& one) { return one.second.pass != pass_; });
  sweeping_ = false;
  const Items mine = items();
  Digest digest;
  for (const auto& [id, hash] : mine) digest.add(hash);
  const Items* truth = history.at(partition_, mark.cursor.epoch, mark.cursor.seq);
  const std::string where = " at caught-up mark " + mark.cursor.text();
  if (truth == nullptr) return "the origin never was" + where;
  for (const auto& [id, hash] : mine) {
    if (!truth->contains(id)) return "ghost '" + id + "'" + where;
    if (truth->at(id) != hash) return "old content of '" + id + "'" + where;
  }
  if (mine.size() != truth->size()) return "items are missing" + where;
  if (mark.count != mine.size() || mark.digest != digest) return "count or digest differ" + where;
  return {};
}

std::string copy_page(const Feed& upstream, Feed& replica, const std::string& partition, const PageLimits& limits) {
  if (!upstream.standing(partition)) return {};
  Cursor from = replica.followed(partition);
  auto page = upstream.changes(partition, from, limits);
  if (!page) return page.error().message;
  if (page->answer == Answer::other_epoch || page->answer == Answer::below_floor || page->answer == Answer::beyond_head) {
    from = {};
    page = upstream.changes(partition, from, limits);
    if (!page) return page.error().message;
  }
  const auto taken = replica.follow(partition, from, page->lines, page->mark);
  return taken ? std::string{} : taken.error().message;
}

}  // namespace meshgate::store
