#include "gateway/ingest/plan.hpp"

#include <algorithm>
#include <unordered_set>

#include "gateway/base/log.hpp"
#include "gateway/ingest/connection.hpp"
#include "gateway/ingest/feed_reader.hpp"
#include "gateway/ingest/item_names.hpp"
#include "gateway/ingest/mapped_stream.hpp"
#include "mesh/reference.hpp"

namespace meshgate::ingest {

namespace {

constexpr Limits kReadLimits{std::chrono::milliseconds(500), 5000, std::uint64_t{4} << 20U};
constexpr std::size_t kComparedIds = 1'000'000;
constexpr std::size_t kSampleBytes = std::size_t{64} << 10U;

std::string sampled(std::string_view content) { return content.size() > kSampleBytes ? std::string() : std::string(content); }

/// Takes the records of one whole scan and notes what a commit of them would do.
class Planner : private RecordSink {
 public:
  Planner(const FeedOptions& options, store::Feed* feed, std::size_t samples, base::Log& log)
      : options_(options), feed_(feed), most_samples_(samples), log_(log), mapped_(options, log), batch_(kStream) {
    if (feed_ == nullptr) return;
    const auto state = feed_->state();
    plan_.known = true;
    plan_.items = state.count;
    plan_.schema_before = state.schema;
  }

  Status read_all(Stream& stream, const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    Position position;
    for (bool done = false; !done;) {
      batch_.clear();
      auto read = stream.read(position, kReadLimits, *this);
      if (!read) return std::move(read).error();
      if (auto played = play(); !played) return played;
      position = std::move(read->position);
      progress(plan_.rows, read->total);
      done = read->scan_ended || (read->idle && !read->scanning);
    }
    return plan_.sweeps && feed_ != nullptr && !options_.keep ? sweep(stream) : Status();
  }

  FeedPlan take() { return std::move(plan_); }

 private:
  Status columns(const SourceColumns& columns) override {
    if (mapped_.fits(columns)) return {};
    auto next = mapped_.compile(columns, plan_.schema_before);
    if (!next) return std::move(next).error();
    plan_.schema_after = (*next)->schema();
    mapped_.use(std::move(*next), columns);
    return {};
  }

  Flow record(const Record& record, std::string_view raw) override {
    if (!asking_) ++plan_.rows;
    if (!mapped_.take(record, raw, batch_)) plan_.sweeps = plan_.sweeps && !mapped_.key().empty();
    return Flow::more;
  }

  Status play() {
    if (feed_ == nullptr) {
      play_alone();
      return {};
    }
    if (options_.keep) batch_.set_expired({.before = options_.keep->since(now()), .again = true});
    auto outcome = feed_->rehearse(batch_, &seen_, [this](const store::Difference& one) { note(one); });
    if (!outcome) return std::move(outcome).error();
    plan_.unchanged += outcome->unchanged;
    return {};
  }

  /// Without a feed every item is new.
  void play_alone() {
    std::vector<std::string_view> partitions;
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      const auto change = batch_.change(i, partitions);
      using Kind = store::Difference::Kind;
      if (change.kind == store::Batch::Kind::remove || change.kind == store::Batch::Kind::present) continue;
      const Kind kind = change.kind == store::Batch::Kind::put ? Kind::added : Kind::quarantined;
      note({kind, change.key, change.id, change.content, change.partitions, change.reason, change.raw});
    }
  }

  void note(const store::Difference& one) {
    switch (one.kind) {
      case store::Difference::Kind::added: return note_added(one);
      case store::Difference::Kind::changed: return note_changed(one);
      case store::Difference::Kind::removed: return note_gone(plan_.removed, std::string(one.id));
      case store::Difference::Kind::quarantined: break;
    }
    if (is_quarantined(one.key)) {
      ++plan_.still_quarantined;
    } else {
      note_quarantined(one.key, one.reason);
    }
  }

  void note_added(const store::Difference& one) {
    if (!is_new_id(one.id)) {
      return note_quarantined(one.key, "id '" + std::string(one.id) + "' would belong to two keys: make the ids differ with `id:` in the feed's mapping");
    }
    PlannedChange* sample = next(plan_.added);
    if (sample == nullptr) return;
    note_after(*sample, one);
  }

  void note_changed(const store::Difference& one) {
    PlannedChange* sample = next(plan_.changed);
    if (sample == nullptr) return;
    note_after(*sample, one);
    look_before(*sample);
  }

  void note_gone(PlannedChanges& where, std::string id) {
    PlannedChange* sample = next(where);
    if (sample == nullptr) return;
    sample->id = std::move(id);
    look_before(*sample);
  }

  void note_quarantined(std::string_view key, std::string_view reason) {
    PlannedChange* sample = next(plan_.quarantined);
    if (sample == nullptr) return;
    sample->id = key;
    sample->reason = log_.redacted(std::string(reason));
  }

  [[nodiscard]] bool is_quarantined(std::string_view key) const {
    if (feed_ == nullptr) return false;
    const auto entry = feed_->quarantined_record(kStream, key);
    return entry && *entry;
  }

  PlannedChange* next(PlannedChanges& changes) const {
    ++changes.count;
    return changes.samples.size() < most_samples_ ? &changes.samples.emplace_back() : nullptr;
  }

  void note_after(PlannedChange& sample, const store::Difference& one) const {
    sample.id = one.id;
    sample.after = sampled(one.content);
    sample.partitions_after.assign(one.partitions.begin(), one.partitions.end());
    note_name(sample, one.content);
  }

  void note_name(PlannedChange& sample, std::string_view content) const {
    if (!options_.guard.by_name) return;
    if (auto names = names_in(content); !names.empty()) sample.name = std::move(names.front());
  }

  /// A sample that cannot be read is one without its content.
  void look_before(PlannedChange& sample) const {
    auto item = feed_->item(sample.id);
    if (!item || !*item) return;
    sample.before = sampled((*item)->content);
    note_name(sample, (*item)->content);
    sample.partitions_before = std::move((*item)->partitions);
  }

  /// The source itself sees to it that keys differ.
  bool is_new_id(std::string_view id) {
    if (mapped_.id_is_key()) return true;
    if (ids_.size() < kComparedIds) return ids_.insert(std::hash<std::string_view>()(id)).second;
    plan_.ids_compared = false;
    return true;
  }

  /// As FeedReader::sweep: the guard is shown what the scan did not meet, and only what it lets through is asked for again by key.
  Status sweep(Stream& stream) {
    // Nothing was written, so every item that was met is still there and the numbers say it.
    const std::uint64_t missing = plan_.items - std::min(plan_.items, seen_.count());
    // As the numbers will be when the scan is in.
    const std::uint64_t added = plan_.added.count;
    const std::uint64_t removed = plan_.removed.count;
    const Sweep found{missing, seen_.count() + added - removed, plan_.items + added - removed};
    if (missing == 0) return {};
    return holds(options_.guard, found) ? note_held(found) : ask_again(stream);
  }

  Status note_held(const Sweep& found) {
    const auto some = feed_->unseen(kStream, seen_, {}, most_samples_);
    if (!some) return some.error();
    std::vector<std::string> named;
    for (const auto& one : *some) named.push_back(known_as(options_.guard, *feed_, one.id));
    for (const auto& one : *some) note_gone(plan_.missing, one.id);
    plan_.missing.count = found.missing;
    plan_.held = held_sentence(options_.guard, found, options_.name, named);
    return {};
  }

  Status ask_again(Stream& stream) {
    asking_ = true;
    for (std::string after;;) {
      const auto unseen = feed_->unseen(kStream, seen_, after, kSweepBatch);
      if (!unseen) return unseen.error();
      if (unseen->empty()) return {};
      after = unseen->back().id;
      std::vector<std::string> keys;
      for (const auto& one : *unseen) keys.push_back(one.key);
      batch_.clear();
      const auto found = mapped_.look_up(stream, keys, *this);
      if (!found) return found.error();
      for (const auto& one : *unseen) {
        if (found->contains(one.key)) continue;
        const auto kept = keeps(options_.guard, *feed_, one.id);
        if (!kept) return kept.error();
        if (!*kept) note_gone(plan_.missing, one.id);
      }
      if (auto played = play(); !played) return played;
    }
  }

  const FeedOptions& options_;
  store::Feed* const feed_;
  const std::size_t most_samples_;
  base::Log& log_;
  FeedPlan plan_;
  MappedStream mapped_;
  store::Batch batch_;
  store::Seen seen_;
  bool asking_ = false;  ///< by key
  std::unordered_set<std::size_t> ids_;  ///< hashes of new ids, where they are not keys
};

}  // namespace

Result<FeedPlan> plan_feed(const SourceOptions& source, const FeedOptions& options, store::Feed* feed, std::size_t samples, base::Log& log,
                           const std::function<void(std::uint64_t rows, std::uint64_t expected)>& progress) {
  auto connection = Connection::open(*source.plugin, source.connection, log);
  if (!connection) return std::move(connection).error();
  auto stream = (*connection)->open_stream(options.stream);
  if (!stream) return std::move(stream).error();
  Planner planner(options, feed, samples, log);
  if (auto read = planner.read_all(*stream, progress); !read) return std::move(read).error();
  return planner.take();
}

}  // namespace meshgate::ingest
