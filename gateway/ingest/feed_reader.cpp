#include "gateway/ingest/feed_reader.hpp"

#include <utility>

#include "gateway/ingest/item_names.hpp"

namespace meshgate::ingest {

namespace {

constexpr auto kReportEvery = std::chrono::seconds(5);
/// After so many reads outside of scans without a pause their commits are waited for, so that the source can forget what it keeps for us.
constexpr std::uint32_t kSettledEvery = 20;

}  // namespace

FeedReader::FeedReader(const FeedOptions& options, std::shared_ptr<store::Feed> feed, std::string source, base::Log& log, base::Metrics& metrics)
    : name_(options.name),
      options_(options),
      feed_(std::move(feed)),
      reader_(feed_->state().uid.bits.hex()),
      room_("feed " + options.name),
      log_(log),
      counters_{metrics.counter("meshgate_source_rows", "Records read from the source", {{"source", source}, {"feed", options.name}}),
                metrics.counter("meshgate_items_added", "Items that came to be", {{"source", source}, {"feed", options.name}}),
                metrics.counter("meshgate_items_changed", "Items that changed", {{"source", source}, {"feed", options.name}}),
                metrics.counter("meshgate_items_removed", "Items that went", {{"source", source}, {"feed", options.name}}),
                metrics.counter("meshgate_records_quarantined", "Records put into quarantine", {{"source", source}, {"feed", options.name}}),
                metrics.counter("meshgate_source_errors", "Failed reads and commits", {{"source", source}, {"feed", options.name}}),
                metrics.counter("meshgate_late_rows", "Changes that were committed behind what had been read, and found", {{"source", source}, {"feed", options.name}}),
                metrics.counter("meshgate_missed_changes", "Changes that only a scan found, though earlier reads should have", {{"source", source}, {"feed", options.name}}),
                metrics.counter("meshgate_records_expired", "Events that had expired when they were read, and did not come in", {{"source", source}, {"feed", options.name}})},
      mapped_(options_, log_),
      batch_(kStream),
      committer_(*feed_) {
  const base::Labels labels{{"source", source}, {"feed", options.name}};
  metrics.ask("meshgate_source_freshness_seconds", "Age of the newest data known to be read", labels, [this] {
    const Micros as_of = feed_->state().as_of;
    return as_of.count == 0 ? -1.0 : static_cast<double>(now().count - as_of.count) / 1e6;
  });
  metrics.ask("meshgate_quarantine_records", "Records in quarantine", labels, [this] { return static_cast<double>(feed_->state().quarantined); });
  metrics.ask("meshgate_quarantine_beyond", "Records in quarantine that are only counted because it was full", labels,
              [this] { return static_cast<double>(feed_->state().beyond); });
  metrics.ask("meshgate_journal_entries", "Entries that the source's journal keeps for its readers, as counted last", labels, [this] { return static_cast<double>(kept_.load()); });
  metrics.ask("meshgate_deletes_held", "1 while the guard holds deletes back", labels, [this] { return feed_->state().held.empty() ? 0.0 : 1.0; });
  for (const Limit limit : {Limit::rows, Limit::statements, Limit::connections, Limit::quiet}) {
    metrics.ask("meshgate_source_limited", "1 while this limit keeps the reading back", {{"source", source}, {"feed", options.name}, {"limit", word(limit)}},
                [this, limit] { return board_.get().limit == limit ? 1.0 : 0.0; });
  }
  metrics.ask("meshgate_items_expired", "Items that have expired since the feed came to be", labels, [this] { return static_cast<double>(feed_->state().expired); });
  metrics.ask("meshgate_feed_items", "Items in the feed", labels, [this] { return static_cast<double>(feed_->state().count); });
  metrics.ask("meshgate_feed_loading", "1 until the first scan is done", labels, [this] { return feed_->state().loading ? 1.0 : 0.0; });
  enter(Phase::starting);
  board_.update([&](FeedStatus& status) { status.as_of = feed_->state().as_of; });
}

Status FeedReader::open(Connection& connection) {
  auto stream = connection.open_stream(options_.stream, reader_);
  if (!stream && stream.error().code == Code::config) return std::move(stream).error().within(options_.place.text());
  if (!stream) return std::move(stream).error();
  auto position = feed_->position(kStream);
  if (!position) return std::move(position).error();
  stream_.emplace(std::move(*stream));
  // What the Position covers was mapped by other rules: nothing of it counts.
  const auto rules = feed_->state().rules;
  const bool same_rules = options_.rules_after(rules) == rules;
  position_ = same_rules ? position->value_or(Position{}) : Position{};
  // What was compiled stays valid: a changed schema announces itself with the next columns.
  seen_.reset();
  unreadable_key_ = false;
  unsettled_ = 0;
  // A scan that is taken up in the middle is measured from here.
  scan_rows_ = 0;
  scan_began_ = last_report_ = std::chrono::steady_clock::now();
  unknown_.clear();
  return {};
}

void FeedReader::close() {
  // Whether that went well does not matter now: open() takes up the Position that is stored.
  static_cast<void>(finish_commits());
  stream_.reset();
  holds_open_ = false;
}

Result<bool> FeedReader::step(const Limits& limits) {
  batch_.clear();
  rows_read_ = 0;
  auto progress = stream_->read(position_, limits, *this);
  holds_open_ = progress && progress->open;
  scan_waits_ = progress && progress->scan_waits;
  listens_ = progress && progress->listens;
  const bool more = progress && !progress->idle && !progress->scan_ended;
  // What follows looks at what was committed, or counts it as something else.
  if (!more || progress->scan_began || progress->scanning != of_scan_ || unreadable_key_) {
    if (auto done = finish_commits(); !done) return std::move(done).error();
  }
  if (!progress) {
    batch_.clear();
    if (progress.error().code != Code::gone) return std::move(progress).error();
    begin_anew(progress.error());
    return false;
  }
  of_scan_ = progress->scanning;
  // Of a stream that shows what has changed the Position moves with each read.
  const bool rests = progress->scan_waits && progress->position == position_;
  if (progress->scan_began) begin_scan();
  if (unreadable_key_) seen_.reset();
  note_way(progress->note);
  kept_ = progress->kept;
  // A second statement beside one that would not end in time may be one too many.
  const bool ask = !limits.let_go || !progress->open;
  if (auto done = ask ? ask_for_unknown() : Status(); !done) return std::move(done).error();
  // The end of a scan is only durable with what its sweep did.
  if (!progress->scan_ended) batch_.set_position(progress->position);
  if (progress->as_of && !progress->scanning) note_as_of(*progress->as_of);
  if (auto done = more ? commit_beside() : commit(); !done) return std::move(done).error();
  if (!progress->scan_ended) position_ = progress->position;
  note_progress(*progress);
  if (progress->scan_ended) {
    if (auto done = end_scan(*progress); !done) return std::move(done).error();
  }
  // Within a scan it would only be made slower: what it shows nobody keeps for us.
  if (!more || (!progress->scanning && ++unsettled_ >= kSettledEvery)) {
    if (auto told = settle(); !told) return std::move(told).error();
  }
  // A stream that listens comes back with what little has come, and may never be without.
  if (progress->idle || (listens_ && rows_read_ < limits.max_records)) {
    enter(rests ? Phase::quiet : Phase::idle);
  } else if (!progress->scanning) {
    enter(Phase::scanning);
  }
  return progress->idle;
}

Status FeedReader::columns(const SourceColumns& columns) { return mapped_.fits(columns) ? Status() : compile(columns); }

Status FeedReader::compile(const SourceColumns& columns) {
  auto next = mapped_.compile(columns, feed_->state().schema);
  if (!next) return std::move(next).error();
  const Schema& schema = (*next)->schema();
  if (mapped_.known()) log_.info(room_, "the source's columns changed; mapped anew");
  say_fields_that_leave(schema);
  if (auto done = finish_commits(); !done) return done;
  if (auto done = feed_->define(schema, options_.rules_after(feed_->state().rules), options_.definition.divided()); !done) return done;
  mapped_.use(std::move(*next), columns);
  return {};
}

/// A column may be gone because it was dropped or renamed, or because its right was taken; who reads the feed sees no difference.
void FeedReader::say_fields_that_leave(const Schema& next) {
  for (const Field& field : feed_->state().schema.fields) {
    if (next.find(field.name) != nullptr) continue;
    log_.warning(room_, "field '" + field.name + "' leaves the feed: the source or the configuration has no such column any more");
  }
}

RecordSink::Flow FeedReader::record(const Record& record, std::string_view raw) {
  counters_.rows.add();
  ++rows_read_;
  if (mapped_.take(record, raw, batch_)) return Flow::more;
  counters_.quarantined.add();
  // A record whose key cannot be read may be any item's: nothing is swept after such a scan.
  if (mapped_.key().empty()) unreadable_key_ = true;
  return Flow::more;
}

void FeedReader::begin_scan() {
  seen_.emplace();
  scan_rows_ = scan_removed_ = scan_quarantined_ = scan_beyond_ = scan_missed_ = 0;
  scan_replayed_ = false;
  scan_since_ = now();
  scan_began_ = last_report_ = std::chrono::steady_clock::now();
}

/// Only what is read anew may have been here before; what follows a Position comes once.
void FeedReader::leave_out_expired() {
  if (options_.keep) batch_.set_expired({.before = options_.keep->since(now()), .again = of_scan_});
}

Status FeedReader::commit() {
  leave_out_expired();
  scan_rows_ += batch_.size();
  auto outcome = feed_->commit(batch_, seen_ ? &*seen_ : nullptr);
  batch_.clear();
  return account(outcome);
}

Status FeedReader::commit_beside() {
  leave_out_expired();
  scan_rows_ += batch_.size();
  return account(committer_.hand_over(batch_, seen_ ? &*seen_ : nullptr));
}

Status FeedReader::finish_commits() { return account(committer_.finish()); }

Status FeedReader::settle() {
  unsettled_ = 0;
  if (auto done = finish_commits(); !done) return done;
  auto told = stream_->settled(position_);
  if (told || told.error().code != Code::gone) return told;
  begin_anew(told.error());
  return {};
}

void FeedReader::begin_anew(const Error& gone) {
  log_.warning(room_, "the source cannot go on from the stored position, so it is read again from the beginning: " + gone.message);
  position_ = {};
}

Status FeedReader::account(const Result<store::Outcome>& outcome) {
  if (!outcome) return outcome.error();
  if (of_scan_) {
    scan_quarantined_ += outcome->quarantined;
    scan_beyond_ += outcome->beyond;
    scan_missed_ += outcome->late;
  }
  (of_scan_ ? counters_.missed : counters_.late).add(outcome->late);
  unknown_.insert(unknown_.end(), outcome->unknown.begin(), outcome->unknown.end());
  if (outcome->beyond > 0 && !std::exchange(said_full_, true)) {
    log_.warning(room_, "quarantine is full (" + std::to_string(store::kMaxQuarantined) + " records or " + std::to_string(store::kMaxQuarantineBytes >> 20U) +
                            " MiB): further records are only counted, and their items keep the last good revision");
  }
  counters_.added.add(outcome->added);
  counters_.changed.add(outcome->changed);
  counters_.removed.add(outcome->removed);
  counters_.expired.add(outcome->expired);
  scan_removed_ += outcome->removed;
  return {};
}

void FeedReader::note_as_of(Micros as_of) {
  batch_.set_as_of(as_of);
  board_.update([&](FeedStatus& status) { status.as_of = as_of; });
}

Status FeedReader::end_scan(const Progress& progress) {
  if (auto done = ask_for_unknown(); !done) return done;
  const bool from_the_middle = !seen_ && !unreadable_key_;
  bool held = false;
  // What is kept says for itself when it goes; that the source has an event no more says nothing.
  if (seen_ && !options_.keep) {
    auto swept = sweep();
    if (!swept) return std::move(swept).error();
    held = !*swept;
  }
  seen_.reset();
  unreadable_key_ = false;
  if (scan_beyond_ == 0) said_full_ = false;
  const bool was_loading = feed_->state().loading;
  if (was_loading) batch_.set_loading(false);
  // Deletes from before are still unknown, so no later moment is claimed to be known.
  if (progress.as_of && (was_loading || !from_the_middle)) note_as_of(*progress.as_of);
  if (!held && !from_the_middle && !scan_replayed_ && feed_->state().quarantined != scan_quarantined_) batch_.set_scanned({scan_since_, scan_quarantined_});
  // A source that has nothing new would not scan again by itself, and the deletes would never come.
  const Position next = (held || from_the_middle) && !progress.scans_again ? Position{} : progress.position;
  batch_.set_position(next);
  if (auto done = commit(); !done) return done;
  position_ = next;
  if (was_loading) log_.info(room_, "first scan done: " + std::to_string(feed_->state().count) + " items");
  if (scan_missed_ > 0) {
    log_.warning(room_, "the scan found " + std::to_string(scan_missed_) + " changes that the reads before it should have shown; they are in the feed now. Rows "
                        "were changed without what they are tracked by: see meshgate_missed_changes");
  }
  return {};
}

Status FeedReader::ask_again(const std::vector<store::Unseen>& unseen) {
  std::vector<std::string> keys;
  for (const auto& item : unseen) keys.push_back(item.key);
  const auto found = look_up(keys);
  if (!found) return found.error();
  for (const auto& item : unseen) {
    if (found->contains(item.key)) continue;
    const auto kept = keeps(options_.guard, *feed_, item.id);
    if (!kept) return kept.error();
    if (!*kept) batch_.sweep(item.key);
  }
  return {};
}

/// What a scan said is present and the feed does not have: new, or missed, or in quarantine. What was read before is committed before what is
/// newer.
Status FeedReader::ask_for_unknown() {
  if (unknown_.empty()) return {};
  if (auto done = finish_commits(); !done) return done;
  while (!unknown_.empty()) {
    const auto keys = std::exchange(unknown_, {});
    if (auto asked = look_up(keys); !asked) return std::move(asked).error();
    if (auto done = commit(); !done) return done;
  }
  return {};
}

void FeedReader::note_progress(const Progress& progress) {
  if (!progress.scanning) return;
  const auto now = std::chrono::steady_clock::now();
  const double seconds = std::chrono::duration<double>(now - scan_began_).count();
  const double rate = seconds > 0 ? static_cast<double>(scan_rows_) / seconds : 0;
  enter(Phase::scanning);
  board_.update([&](FeedStatus& status) {
    status.rows = scan_rows_;
    status.total = progress.total;
    status.rows_per_second = rate;
  });
  if (now - last_report_ < kReportEvery) return;
  last_report_ = now;
  std::string line = "scanning: " + std::to_string(scan_rows_) + " rows, " + std::to_string(static_cast<std::uint64_t>(rate)) + " rows/s";
  if (progress.total > scan_rows_ && rate > 0) {
    const auto left = static_cast<std::uint64_t>(static_cast<double>(progress.total - scan_rows_) / rate);
    line.append(" of ").append(std::to_string(progress.total)).append(", ").append(std::to_string(left)).append(" s left");
  }
  if (const auto limit = board_.get().limit_sentence; !limit.empty()) line.append("; ").append(limit);
  log_.info(room_, line);
}

void FeedReader::note_way(const std::string& note) {
  const std::string said = log_.redacted(note);
  if (board_.get().note == said) return;
  if (!said.empty()) log_.info(room_, said);
  board_.update([&](FeedStatus& status) { status.note = said; });
}

void FeedReader::note_limit(Limit limit, const std::string& sentence) {
  const auto before = board_.get();
  if (before.limit == limit && before.limit_sentence == sentence) return;
  // Whether each portion has to wait is no news.
  if (limit == Limit::quiet || before.limit == Limit::quiet) log_.info(room_, limit == Limit::quiet ? sentence : "the quiet hours are over");
  board_.update([&](FeedStatus& status) {
    status.limit = limit;
    status.limit_sentence = sentence;
  });
}

void FeedReader::fail(const Error& error) {
  counters_.errors.add();
  Phase phase = Phase::failing;
  if (error.code == Code::auth || error.code == Code::config || error.code == Code::unsupported) phase = Phase::refused;
  if (error.code == Code::no_space) phase = Phase::paused;
  if (error.code == Code::corrupt) phase = Phase::stopped;
  const auto before = board_.get();
  const std::string message = log_.redacted(error.message);
  if (before.phase != phase || before.message != message) log_.error(room_, message);
  enter(phase, message);
}

void FeedReader::enter(Phase phase, std::string message) {
  board_.update([&](FeedStatus& status) {
    if (status.phase != phase) status.since = now();
    status.phase = phase;
    status.message = std::move(message);
  });
}

}  // namespace meshgate::ingest
