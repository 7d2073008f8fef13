#include "gateway/ingest/feed_reader.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "gateway/ingest/guard.hpp"

namespace meshgate::ingest {

namespace {

// A feed has one stream for now; its name is constant so that renaming a source or table changes no owner.
constexpr const char* kStream = "main";
constexpr Limits kReadLimits{std::chrono::milliseconds(500), 5000, std::uint64_t{4} << 20U};
constexpr std::size_t kSweepBatch = 1000;
constexpr std::size_t kRawBytes = 4000;
constexpr auto kReportEvery = std::chrono::seconds(5);

/// The record as a person can read it: "id=42, total=NULL, …".
std::string shown(const Schema& schema, const Record& record) {
  std::string out;
  for (std::size_t i = 0; i < schema.fields.size() && i < record.values.size() && out.size() < kRawBytes; ++i) {
    if (!out.empty()) out.append(", ");
    out.append(schema.fields[i].name).append("=");
    const Value& value = record.values[i];
    if (value.null) {
      out.append("NULL");
    } else if (append_text(out, value) != Exact::exact) {
      out.append("(no exact text)");
    }
  }
  out.resize(std::min(out.size(), kRawBytes));
  return out;
}

/// A published field keeps its type: readers have stored its values by it.
Status keeps_types(const Schema& published, const Schema& wanted) {
  for (const Field& field : wanted.fields) {
    const Field* before = published.find(field.name);
    if (before == nullptr || before->type == field.type) continue;
    return Error{Code::config, "field '" + field.name + "' was published as " + std::string(name(before->type)) + " and would now be " +
                                   std::string(name(field.type)) + ": publish it under a new name, or cast it to what it was"};
  }
  return {};
}

}  // namespace

FeedReader::FeedReader(const FeedOptions& options, std::shared_ptr<store::Feed> feed, std::string source, base::Log& log, base::Metrics& metrics)
    : name_(options.name),
      options_(options),
      feed_(std::move(feed)),
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
                metrics.gauge("meshgate_deletes_held", "1 while the guard holds deletes back", {{"source", source}, {"feed", options.name}})},
      batch_(kStream),
      committing_(kStream) {
  const base::Labels labels{{"source", source}, {"feed", options.name}};
  metrics.ask("meshgate_source_freshness_seconds", "Age of the newest data known to be read", labels, [this] {
    const Micros as_of = feed_->state().as_of;
    return as_of.count == 0 ? -1.0 : static_cast<double>(now().count - as_of.count) / 1e6;
  });
  metrics.ask("meshgate_quarantine_records", "Records in quarantine", labels, [this] { return static_cast<double>(feed_->state().quarantined); });
  metrics.ask("meshgate_feed_items", "Items in the feed", labels, [this] { return static_cast<double>(feed_->state().count); });
  metrics.ask("meshgate_feed_loading", "1 until the first scan is done", labels, [this] { return feed_->state().loading ? 1.0 : 0.0; });
  enter(Phase::starting);
  board_.update([&](FeedStatus& status) { status.as_of = feed_->state().as_of; });
}

Status FeedReader::open(Connection& connection) {
  auto stream = connection.open_stream(options_.stream);
  if (!stream) return std::move(stream).error();
  auto position = feed_->position(kStream);
  if (!position) return std::move(position).error();
  stream_.emplace(std::move(*stream));
  // What the Position covers was mapped by other rules: nothing of it counts.
  const bool same_rules = feed_->state().rules == options_.rules();
  position_ = same_rules ? position->value_or(Position{}) : Position{};
  // What was compiled stays valid: a changed schema announces itself with the next columns.
  seen_.reset();
  unreadable_key_ = false;
  // A scan that is taken up in the middle is measured from here.
  scan_rows_ = 0;
  scan_began_ = last_report_ = std::chrono::steady_clock::now();
  unknown_.clear();
  return {};
}

void FeedReader::close() {
  // Whether that went well does not matter now: open() takes up the Position that is stored.
  static_cast<void>(finish_commit());
  stream_.reset();
}

Result<bool> FeedReader::step() {
  batch_.clear();
  auto progress = stream_->read(position_, kReadLimits, *this);
  if (auto done = finish_commit(); !done) return std::move(done).error();
  if (!progress) {
    batch_.clear();
    if (progress.error().code != Code::gone) return std::move(progress).error();
    log_.warning(room_, "the source cannot go on from the stored position, so it is read again from the beginning: " + progress.error().message);
    position_ = {};
    return false;
  }
  within_scan_ = progress->scanning;
  if (progress->scan_began) begin_scan();
  if (unreadable_key_) seen_.reset();
  note_way(progress->note);
  if (auto done = ask_for_unknown(); !done) return std::move(done).error();
  // The end of a scan is only durable with what its sweep did.
  if (!progress->scan_ended) batch_.set_position(progress->position);
  if (progress->as_of && !progress->scanning) note_as_of(*progress->as_of);
  const bool more = !progress->idle && !progress->scan_ended;
  if (more) {
    start_commit();
  } else if (auto done = commit(); !done) {
    return std::move(done).error();
  }
  if (!progress->scan_ended) position_ = progress->position;
  note_progress(*progress);
  if (progress->scan_ended) {
    if (auto done = end_scan(*progress); !done) return std::move(done).error();
  }
  if (progress->idle) {
    enter(Phase::idle);
  } else if (!progress->scanning) {
    enter(Phase::scanning);
  }
  return progress->idle;
}

Status FeedReader::columns(const SourceColumns& columns) {
  if (mapping_ && columns.schema.same_shape(source_.schema) && columns.uncarried == source_.uncarried) return {};
  return compile(columns);
}

Status FeedReader::compile(const SourceColumns& columns) {
  config::Diagnostics faults;
  auto compiled = mapping::Mapping::compile(options_.definition, columns.schema, columns.uncarried, options_.place, faults);
  if (!compiled) return Error{Code::config, faults.text()};
  if (auto kept = keeps_types(feed_->state().schema, compiled->schema()); !kept) return std::move(kept).error().within(options_.place.text());
  if (mapping_) log_.info(room_, "the source's columns changed; mapped anew");
  if (auto done = finish_commit(); !done) return done;
  if (auto done = feed_->define(compiled->schema(), options_.rules(), options_.definition.divided()); !done) return done;
  mapping_ = std::move(compiled);
  source_ = columns;
  return {};
}

RecordSink::Flow FeedReader::record(const Record& record, std::string_view raw) {
  counters_.rows.add();
  item_.key.clear();
  const bool whole = record.operation == Operation::upsert;
  const Status mapped = whole ? mapping_->apply(record, item_) : mapping_->key_of(record, item_.key);
  if (found_ != nullptr) found_->insert(item_.key);
  if (!mapped) {
    quarantine(record, mapped.error(), raw);
  } else if (record.operation == Operation::present) {
    batch_.present(item_.key);
  } else if (!whole) {
    batch_.remove(item_.key);
  } else {
    batch_.put(item_.key, item_.id, item_.content, item_.partitions);
    if (record.late) batch_.mark_late();
  }
  return Flow::more;
}

void FeedReader::quarantine(const Record& record, const Error& error, std::string_view raw) {
  counters_.quarantined.add();
  // A record whose key cannot be read may be any item's: nothing is swept after such a scan.
  if (item_.key.empty()) unreadable_key_ = true;
  batch_.quarantine(item_.key, error.message, raw.empty() ? shown(source_.schema, record) : std::string(raw));
}

void FeedReader::begin_scan() {
  seen_.emplace();
  scan_rows_ = scan_removed_ = scan_quarantined_ = scan_missed_ = 0;
  scan_since_ = now();
  scan_began_ = last_report_ = std::chrono::steady_clock::now();
}

Status FeedReader::commit() {
  scan_rows_ += batch_.size();
  auto outcome = feed_->commit(batch_, seen_ ? &*seen_ : nullptr);
  batch_.clear();
  return account(outcome);
}

void FeedReader::start_commit() {
  scan_rows_ += batch_.size();
  std::swap(batch_, committing_);
  const auto work = [this] { return feed_->commit(committing_, seen_ ? &*seen_ : nullptr); };
  try {
    under_way_ = std::async(std::launch::async, work);
  } catch (const std::system_error&) {
    // No thread to be had: finish_commit() does it itself.
    under_way_ = std::async(std::launch::deferred, work);
  }
}

Status FeedReader::finish_commit() { return under_way_.valid() ? account(under_way_.get()) : Status(); }

Status FeedReader::account(const Result<store::Outcome>& outcome) {
  if (!outcome) return outcome.error();
  if (within_scan_) {
    scan_quarantined_ += outcome->quarantined;
    scan_missed_ += outcome->late;
  }
  (within_scan_ ? counters_.missed : counters_.late).add(outcome->late);
  unknown_.insert(unknown_.end(), outcome->unknown.begin(), outcome->unknown.end());
  counters_.added.add(outcome->added);
  counters_.changed.add(outcome->changed);
  counters_.removed.add(outcome->removed);
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
  if (seen_) {
    auto swept = sweep();
    if (!swept) return std::move(swept).error();
    held = !*swept;
  }
  seen_.reset();
  unreadable_key_ = false;
  const bool was_loading = feed_->state().loading;
  if (was_loading) batch_.set_loading(false);
  // Deletes from before are still unknown, so no later moment is claimed to be known.
  if (progress.as_of && (was_loading || !from_the_middle)) note_as_of(*progress.as_of);
  if (!held && !from_the_middle && feed_->state().quarantined != scan_quarantined_) batch_.set_scanned({scan_since_, scan_quarantined_});
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

Result<bool> FeedReader::sweep() {
  const auto state = feed_->state();
  if (auto why = hold({seen_->count(), state.count}, released_)) {
    if (state.held != *why) {
      log_.warning(room_, "deletes are held: " + *why);
      batch_.set_held(*why);
    }
    counters_.held.set(1);
    return false;
  }
  counters_.held.set(0);
  if (!state.held.empty()) batch_.set_held({});
  std::string after;
  // Where nothing that was met has gone since, as many met as there are means all: the index need not be searched.
  for (bool all = scan_removed_ == 0 && seen_->count() == state.count; !all;) {
    auto unseen = feed_->unseen(kStream, *seen_, after, kSweepBatch);
    if (!unseen) return std::move(unseen).error();
    if (unseen->empty()) break;
    after = unseen->back().id;
    if (auto done = ask_again(*unseen); !done) return std::move(done).error();
    if (auto done = commit(); !done) return std::move(done).error();
  }
  released_ = false;
  return true;
}

Status FeedReader::ask_again(const std::vector<store::Unseen>& unseen) {
  std::vector<std::string> keys;
  for (const auto& item : unseen) keys.push_back(item.key);
  std::unordered_set<std::string> found;
  found_ = &found;
  auto asked = look_up(keys);
  found_ = nullptr;
  if (!asked) return asked;
  for (const auto& item : unseen) {
    if (!found.contains(item.key)) batch_.sweep(item.key);
  }
  return {};
}

/// What a scan said is present and the feed does not have: new, or missed, or in quarantine.
Status FeedReader::ask_for_unknown() {
  while (!unknown_.empty()) {
    if (auto asked = look_up(std::exchange(unknown_, {})); !asked) return asked;
    if (auto done = commit(); !done) return done;
  }
  return {};
}

/// The present records of some keys, into the batch.
Status FeedReader::look_up(const std::vector<std::string>& keys) {
  if (!mapping_) return Error{Code::internal, "the connector announced no columns"};
  std::vector<Value> values;
  std::vector<std::vector<std::string>> storage(keys.size());
  const std::size_t width = source_.schema.key().size();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto parts = mapping_->key_values(keys[i], storage[i]);
    // Not a key of the present columns: the source cannot have such a record.
    if (parts.size() == width) values.insert(values.end(), parts.begin(), parts.end());
  }
  return values.empty() ? Status() : stream_->lookup(values, width, *this);
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
  log_.info(room_, line);
}

void FeedReader::note_way(const std::string& note) {
  const std::string said = log_.redacted(note);
  if (board_.get().note == said) return;
  if (!said.empty()) log_.info(room_, said);
  board_.update([&](FeedStatus& status) { status.note = said; });
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
