#include <algorithm>

#include "gateway/ingest/feed_reader.hpp"
#include "gateway/ingest/item_names.hpp"

namespace meshgate::ingest {

namespace {

constexpr std::size_t kAtOnce = 1000;

/// What the store calls a record whose key could not be read: "?" and 16 hexadecimal digits.
bool nameless(const std::string& key) {
  return key.size() == 17 && key[0] == '?' && key.find_first_not_of("0123456789abcdef", 1) == std::string::npos;
}

}  // namespace

const char* word(Fate fate) {
  switch (fate) {
    case Fate::item: return "item";
    case Fate::bad: return "bad";
    case Fate::removed: return "removed";
    case Fate::held: return "held";
    case Fate::unreadable: return "unreadable";
    case Fate::absent: break;
  }
  return "absent";
}

Result<std::vector<Replayed>> FeedReader::replay(std::vector<std::string> keys) {
  if (!stream_ || !mapped_.known()) {
    const auto status = board_.get();
    return Error{Code::retry, "the source of feed '" + name_ + "' is not being read at present (" + word(status.phase) +
                                  (status.message.empty() ? "" : ": " + status.message) + "): mend that first"};
  }
  if (auto done = finish_commits(); !done) return std::move(done).error();
  batch_.clear();
  of_scan_ = false;
  scan_replayed_ = true;
  if (keys.empty()) {
    auto all = quarantined_keys();
    if (!all) return std::move(all).error();
    keys = std::move(*all);
  }
  std::vector<Replayed> out;
  for (auto& key : keys) out.push_back({std::move(key), Fate::absent, {}});
  for (std::size_t at = 0; at < out.size(); at += kAtOnce) {
    if (auto done = read_again(std::span(out).subspan(at, std::min(kAtOnce, out.size() - at))); !done) return std::move(done).error();
  }
  if (auto done = remove_absent(out); !done) return std::move(done).error();
  if (auto done = judge_present(out); !done) return std::move(done).error();
  log_.info(room_, "replayed " + std::to_string(out.size()) + " quarantined records");
  return out;
}

Result<std::vector<std::string>> FeedReader::quarantined_keys() const {
  std::vector<std::string> out;
  for (std::string after;;) {
    const auto page = feed_->quarantined(after, kAtOnce);
    if (!page) return page.error();
    if (page->empty()) return out;
    for (const auto& one : *page) {
      if (one.stream == kStream) out.push_back(one.key);
    }
    after = page->back().key;
  }
}

/// Present ones are committed and noted as items for now, others as removed.
Status FeedReader::read_again(std::span<Replayed> some) {
  std::vector<std::string> asked;
  for (Replayed& one : some) {
    auto entry = feed_->quarantined_record(kStream, one.key);
    if (!entry) return std::move(entry).error();
    if (*entry) asked.push_back(one.key);
    one.fate = *entry ? Fate::removed : Fate::absent;
  }
  auto found = look_up(asked);
  if (!found) return std::move(found).error();
  for (Replayed& one : some) {
    if (one.fate == Fate::removed && found->contains(one.key)) one.fate = Fate::item;
    if (one.fate == Fate::removed && nameless(one.key)) one.fate = Fate::unreadable;
  }
  return commit();
}

/// The source does not report these deletes either, so the guard counts them as it does those of a sweep.
Status FeedReader::remove_absent(std::span<Replayed> all) {
  for (const Replayed& one : all) {
    if (one.fate == Fate::removed) batch_.sweep(one.key);
  }
  Result<bool> kept = false;
  const auto look = [&](const store::Difference& one) {
    if (kept && !*kept && one.kind == store::Difference::Kind::removed) kept = keeps(options_.guard, *feed_, one.id);
  };
  auto would = feed_->rehearse(batch_, nullptr, look);
  if (!would) return std::move(would).error();
  if (!kept) return std::move(kept).error();
  const std::uint64_t items = feed_->state().count;
  if (!*kept && !holds(options_.guard, {would->removed, items - would->removed, items})) return commit();
  batch_.clear();
  for (Replayed& one : all) {
    if (one.fate != Fate::removed) continue;
    one.fate = Fate::held;
    one.reason = *kept ? "a protected item would go" : std::to_string(would->removed) + " of " + std::to_string(items) + " items would go at once";
  }
  return {};
}

/// Mapped well is not all: the store refuses an id that belongs to another key.
Status FeedReader::judge_present(std::span<Replayed> all) const {
  for (Replayed& one : all) {
    if (one.fate != Fate::item) continue;
    auto entry = feed_->quarantined_record(kStream, one.key);
    if (!entry) return std::move(entry).error();
    if (!*entry) continue;
    one.fate = Fate::bad;
    one.reason = (*entry)->reason;
  }
  return {};
}

}  // namespace meshgate::ingest
