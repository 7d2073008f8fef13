// How much a turn may ask of its source, by the limits that all feeds of the source share.
#include <algorithm>

#include "gateway/ingest/source_runner.hpp"

namespace meshgate::ingest {

namespace {

/// How long a read waits for rows; shorter where it got none the last time and others want the thread.
constexpr std::chrono::milliseconds kWait{500};
constexpr std::chrono::milliseconds kShortWait{50};
/// How long one that listens for what comes may keep the others of its source from doing so, all of them together.
constexpr std::chrono::milliseconds kListening{20};
constexpr std::uint64_t kMostRows = 5000;
/// How often it is looked whether another feed's statement has come to its end.
constexpr std::chrono::milliseconds kLookAgain{10};

/// Rows that a read waits for where rows are limited: those of a tenth of a second.
std::uint64_t portion(std::uint64_t rows_per_second) { return std::clamp<std::uint64_t>(rows_per_second / 10, 1, kMostRows); }

}  // namespace

/// A feed that has no connection takes that of the one that has rested longest. In the middle of a scan it is kept: what a scan has met is known to
/// the stream's reader alone.
bool SourceRunner::within_connections(Task& task) {
  const std::uint64_t most = options_.limits.connections;
  std::uint64_t connected = 0;
  Task* resting = nullptr;
  for (const auto& other : tasks_) {
    if (!other->turn.connection) continue;
    if (other.get() == &task) return true;
    ++connected;
    const bool rests = !other->turn.under_way && !other->reader.holds_open();
    if (rests && (resting == nullptr || other->turn.taken < resting->turn.taken)) resting = other.get();
  }
  if (connected < most) return true;
  if (resting == nullptr) {
    task.turn.due = Clock::now() + kLookAgain;
    task.reader.note_limit(Limit::connections, "waits for one of " + std::to_string(most) + " connections");
    return false;
  }
  resting->reader.close();
  resting->turn.connection.reset();
  resting->turn.gave_up = true;
  return true;
}

/// One statement is left to whoever has its turn, and to what is asked for by key; the others may stay open in between.
bool SourceRunner::within_statements(Task& task, Limits& limits) {
  const std::uint64_t most = options_.limits.statements;
  if (most == 0) return true;
  std::uint64_t others = 0;
  for (const auto& other : tasks_) others += other.get() != &task && other->reader.holds_open() ? 1 : 0;
  limits.let_go = limits.let_go || others + 2 > most;
  if (others < most) return true;
  task.turn.due = Clock::now() + kLookAgain;
  task.reader.note_limit(Limit::statements, "waits for one of " + std::to_string(most) + " statements");
  return false;
}

/// What is asked for after a rest (most often: what little has changed) never waits; what goes on does.
bool SourceRunner::within_rows(Task& task, Limits& limits) {
  if (!rows_) return true;
  const std::uint64_t wanted = portion(options_.limits.rows);
  const std::uint64_t there = rows_->there(Clock::now());
  limits.max_records = std::min(limits.max_records, std::max(there, wanted));
  if (!task.turn.under_way || there >= wanted) return true;
  task.turn.due = rows_->when(wanted);
  task.reader.note_limit(Limit::rows, "limited to " + std::to_string(options_.limits.rows) + " rows/s");
  return false;
}

/// Its stream waits by itself for what comes, so there is no interval to be waited for. Not where it has to make room for others: to take a connection
/// again costs more than waiting.
bool SourceRunner::listens(const FeedReader& reader) const { return reader.listens() && tasks_.size() <= options_.limits.connections; }

/// Nothing: it has to wait.
std::optional<Limits> SourceRunner::allowed(Task& task) {
  Limits out{.max_wait = kWait, .max_records = kMostRows};
  const bool got_none = task.turn.under_way && task.reader.rows_read() == 0;
  if (got_none && tasks_.size() > 1) out.max_wait = kShortWait;
  const bool waits = listens(task.reader) && task.reader.rows_read() < kMostRows;
  if (waits && tasks_.size() > 1) out.max_wait = std::max(kListening / static_cast<int>(tasks_.size()), std::chrono::milliseconds(1));
  out.let_go = errand_for(task);
  return within_statements(task, out) && within_rows(task, out) && within_connections(task) ? std::optional(out) : std::nullopt;
}

/// A limit on rows is said as long as what it kept back goes on.
void SourceRunner::note_limits(FeedReader& reader, bool idle, const std::string& quiet) {
  if (reader.scan_waits()) return reader.note_limit(Limit::quiet, quiet);
  if (idle || reader.status().limit != Limit::rows) reader.note_limit(Limit::none);
}

}  // namespace meshgate::ingest
