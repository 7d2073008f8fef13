// A table that is followed by its journal: what is read of it, and how far this reader has come in it.
#include <random>
#include <utility>

#include "connectors/odbc/stream.hpp"

namespace meshgate::odbc {

namespace {

/// Settling costs the database a write: it waits for this long, or until so many entries were read.
constexpr std::chrono::seconds kSettleEvery{1};
constexpr std::size_t kSettleEntries = 20'000;
/// A reader that has nothing to settle shows now and then that it is still there.
constexpr std::chrono::minutes kSignOfLife{1};
/// How often its entries are counted.
constexpr std::chrono::minutes kCountEvery{1};
/// Ranges of entries that are read and not yet deleted; what is beyond is read again, which shows nothing new.
constexpr std::size_t kRanges = 200;
/// Keys of one snapshot that are not shown twice.
constexpr std::size_t kKnownKeys = 20'000;
/// Another reader that has not settled for so long is named.
constexpr std::int64_t kBehind = 3'600'000'000;

/// What PostgreSQL and MariaDB say of a write on a replica.
constexpr std::string_view kReadOnly = "25006";
constexpr std::int32_t kReadOnlyServer = 1290;

std::int64_t random_token() {
  std::random_device source;
  return static_cast<std::int64_t>(((std::uint64_t{source()} << 32U) | source()) >> 1U);
}

std::string joined(const std::vector<std::string>& key) {
  std::string out;
  for (const std::string& value : key) out += std::to_string(value.size()) + ":" + value;
  return out;
}

bool has_column(const std::vector<std::vector<std::string>>& rows, const std::string& name) {
  for (const auto& row : rows) {
    if (row.size() > 1 && row[1] == name) return true;
  }
  return false;
}

struct Found {
  std::vector<std::vector<std::string>> triggers;  // of Dialect::triggers_query()
  std::vector<std::vector<std::string>> columns;   // of the change table
};

Diagnosis look_for(Session& session, const TableName& table, Found& out) {
  const Dialect& dialect = session.dialect();
  Journal journal = journal_of(table, {});
  if (Diagnosis failed = session.texts(dialect.triggers_query(table, journal.entries.table), out.triggers); !failed.ok() || out.triggers.empty()) return failed;
  journal = journal_of(table, out.triggers[0][0]);
  return session.texts(dialect.columns_query(journal.entries), out.columns);
}

}  // namespace

/// Whether the journal is there and fits the table as it is now.
sdk::Status TableStream::find_journal() {
  const auto name = parse_table_name(wish_.table);
  auto found = std::make_shared<Found>();
  const Diagnosis said = link_.call([found, name](Session& session) { return look_for(session, *name, *found); });
  if (!said.ok()) return target_->status(said, wish_.table);
  const std::string command = ": `meshgate journal install`, with the name of the feed, shows the statements and makes it";
  if (found->triggers.empty() || found->columns.empty()) {
    return sdk::failure(MG_CONFIG, "table '" + wish_.table + "' has no journal that user '" + target_->place.user + "' may read" + command);
  }
  const std::vector<std::string>& triggers = found->triggers[0];
  const bool seen = triggers[3] == "1" || triggers[1] != "0";
  if (seen && triggers[1] != triggers[2]) {
    return sdk::failure(MG_CONFIG, "of the " + triggers[2] + " triggers that fill the journal of table '" + wish_.table + "' " + triggers[1] +
                                       " are in place and enabled, so changes may have been missed: `meshgate journal remove` and `install`, with the name of the feed, make it anew");
  }
  for (const std::size_t at : table_->key) {
    if (has_column(found->columns, table_->columns[at].name)) continue;
    return sdk::failure(MG_CONFIG, "the journal of table '" + wish_.table + "' has no column '" + table_->columns[at].name +
                                       "', which is in the key: it was made for another key; `meshgate journal remove` and `install`, with the name of the feed, make it anew");
  }
  reader_.journal = journal_of(*name, triggers[0]);
  compared_ = compared_with(*table_, reader_.journal, *target_->dialect);
  choice_.note = journal_note(track_wish_, reader_.journal.entries.table);
  if (!seen) choice_.note += "; its triggers are hidden from user '" + target_->place.user + "'";
  return {};
}

sdk::Status TableStream::settle_on_journal() {
  if (sdk::Status failed = find_journal(); !failed.ok() || target_->dialect->in_a_file()) return failed;
  Place named = target_->place;
  named.table = reader_.journal.entries.table;
  const Diagnosis said = writer_.call([reader = reader_](Session& session) { return may_settle(session, reader); });
  if (said.ok()) return {};
  const sdk::Status status = target_->status(said, named.table);
  if (said.state == kReadOnly || said.native == kReadOnlyServer) {
    return sdk::failure(MG_CONFIG, "this server only reads, so the journal '" + named.table + "' cannot be settled here: read where the table is written (" + said.text + ")");
  }
  if (status.code != MG_AUTH) return status;
  return sdk::failure(MG_AUTH, "user '" + named.user + "' may not settle the journal '" + named.table + "': GRANT SELECT, DELETE ON it and SELECT, INSERT, UPDATE, DELETE ON '" +
                                   reader_.journal.readers.table + "' (" + said.text + ")");
}

/// Now and then its entries are counted too.
sdk::Status TableStream::look_at_row(std::int64_t& clock, std::optional<ReaderRow>& row) {
  struct Seen {
    std::int64_t clock = 0;
    std::optional<ReaderRow> row;
    std::optional<std::int64_t> entries;
  };
  auto seen = std::make_shared<Seen>();
  const bool count = !reader_.name.empty() && counted_at_ + kCountEvery <= Clock::now();
  const Diagnosis said = link_.call([seen, count, reader = reader_](Session& session) {
    Diagnosis failed = look_at_reader(session, reader, seen->clock, seen->row);
    return failed.ok() && count ? count_entries(session, reader.journal, seen->entries.emplace()) : failed;
  });
  if (!said.ok()) return target_->status(said, wish_.table);
  if (seen->entries) kept_ = static_cast<std::uint64_t>(*seen->entries), counted_at_ = Clock::now();
  clock = seen->clock;
  row = std::move(seen->row);
  return {};
}

/// A stored Position goes on only where the row of this reader is one that it can have left.
sdk::Status TableStream::take_up_journal() {
  std::int64_t clock = 0;
  std::optional<ReaderRow> row;
  if (sdk::Status failed = look_at_row(clock, row); !failed.ok() || reader_.name.empty()) return failed;
  Journaled& ours = *position_.journaled;
  if (!row || row->token != ours.token) return not_ours(row.has_value());
  if (row->n > ours.n) {
    return sdk::failure(MG_GONE, "entries behind the stored position were settled and are gone from the journal of table '" + wish_.table + "': this gateway was restored, or another one uses a copy of its data");
  }
  if (row->n < ours.settled) {
    return sdk::failure(MG_GONE, "the journal of table '" + wish_.table + "' is older than the stored position: the database was restored");
  }
  ours.settled = row->n;
  done_ = std::move(row->done);
  return {};
}

/// Before the first scan's snapshot.
sdk::Status TableStream::begin_journal() {
  std::int64_t clock = 0;
  std::optional<ReaderRow> row;
  Journaled ours{.token = random_token()};
  done_ = {};
  if (sdk::Status failed = find_journal(); !failed.ok()) return failed;
  if (!reader_.name.empty()) {
    const Diagnosis said = writer_.call([reader = reader_, token = ours.token](Session& session) { return register_reader(session, reader, token); });
    if (!said.ok()) return target_->status(said, reader_.journal.readers.table);
  }
  if (sdk::Status failed = look_at_row(clock, row); !failed.ok()) return failed;
  Tracked tracked;
  tracked.clock = tracked.swept = tracked.verified = clock;
  tracked.shape = shape();
  position_.tracked = std::move(tracked);
  position_.journaled = ours;
  settled_at_ = Clock::now();
  return {};
}

sdk::Status TableStream::not_ours(bool there) const {
  return sdk::failure(MG_GONE, "the journal of table '" + wish_.table + (there ? "' was read under this reader's name by somebody else: another gateway uses a copy of this one's data"
                                                                             : "' does not know this reader any more: it was made anew, or nobody has read it for longer than `keep`"));
}

/// An entry is there with its transaction: what was committed before the clock is in the snapshot that is taken after it.
sdk::Status TableStream::begin_journal_poll() {
  if (sdk::Status failed = pause_scan(); !failed.ok()) return failed;
  if (sdk::Status failed = refresh_if_old(); !failed.ok()) return failed;
  Horizon horizon;
  std::optional<ReaderRow> row;
  if (sdk::Status failed = look_at_row(horizon.clock, row); !failed.ok()) return failed;
  horizon.until = horizon.clock;
  Journaled& ours = *position_.journaled;
  if (row && tried_ && row->n == *tried_) ours.settled = *tried_;
  tried_.reset();
  if (!reader_.name.empty() && (!row || row->token != ours.token || row->n != ours.settled)) return not_ours(row.has_value());
  Tracked tracked = odbc::begin_poll(*position_.tracked, horizon, std::nullopt, choice_.rule);
  // A column that came has values in rows that nobody changes.
  if (tracked.shape != shape()) tracked.doubt = kOver, tracked.shape = shape();
  position_.tracked = std::move(tracked);
  return {};
}

Range TableStream::entries_to_read() {
  done_.limit(kRanges);
  changes_ = entries_of(*table_, reader_.journal, *target_->dialect, done_);
  return {.from = "", .after = position_.tracked->poll->at};
}

/// An entry says that a key is to be looked at; what is shown is its row in the same snapshot.
sdk::Status TableStream::emit_entry(sdk::Budget& budget, sdk::Sink& sink, bool& stop) {
  std::string fault;
  const bool cut = read_cells(fault);
  const std::size_t id_at = table_->columns.size();
  const std::int64_t id = number_in(cells_[id_at]);
  const auto state = static_cast<EntryState>(number_in(cells_[id_at + 1]));
  if (state == EntryState::emptied) {
    position_.tracked->doubt = kOver;
    budget.spend(sizeof id);
  } else if (sdk::Status failed = show_entry(state == EntryState::there, cut, std::move(fault), budget, sink, stop); !failed.ok()) {
    return failed;
  }
  ++row_;
  done_.add(id);
  ++unsettled_;
  ++position_.journaled->n;
  position_.tracked->poll->at = std::vector<std::string>{std::to_string(id)};
  return {};
}

/// `there`: the row is in cells_, otherwise nothing but its key.
sdk::Status TableStream::show_entry(bool there, bool cut, std::string fault, sdk::Budget& budget, sdk::Sink& sink, bool& stop) {
  std::size_t odd = rows_->odd(row_);
  const bool has_key = fault.empty() && key_of(cells_, odd, key_);
  if (emitted_.size() >= kKnownKeys) emitted_.clear();
  if (has_key && !emitted_.insert(joined(key_)).second) return budget.spend(sizeof(std::int64_t)), sdk::Status{};
  if (!there) {
    budget.spend(sizeof(std::int64_t));
    stop = has_key && !emit_gone(sink);
    return {};
  }
  if (cut && has_key) {
    if (sdk::Status failed = whole_row(cells_, odd, there); !failed.ok() || !there) return failed;  // deleted meanwhile: an entry says so
  }
  if (fault.empty()) fault = fault_of(cells_, odd);
  stop = !emit_cells(*changes_, cells_, odd, std::move(fault), budget, sink);
  return {};
}

bool TableStream::emit_gone(sdk::Sink& sink) {
  const std::span<mg_value> values = std::span(values_).first(columns_.size());
  std::string why;
  for (mg_value& value : values) value = {};
  for (const std::size_t at : table_->key) {
    if (!decode(table_->columns[at], target_->dialect->engine(), cells_[at], value_texts_[at], values[at], why)) return true;  // no item ever had this key
  }
  return sink.remove(values);
}

/// Only the last Position that was given says what `done_` is; of an earlier one nothing is known any more.
sdk::Status TableStream::settled(std::string_view position) {
  if (!journaling() || reader_.name.empty() || !given_ || position != *given_ || !position_.journaled || tried_) return {};
  const auto since = Clock::now() - settled_at_;
  const bool due = unsettled_ == 0 ? since >= kSignOfLife : since >= kSettleEvery || unsettled_ >= kSettleEntries;
  // A scan that is open would keep the file locked against us.
  if (!due || (scan_ != nullptr && target_->dialect->in_a_file())) return {};
  settled_at_ = Clock::now();
  Journaled& ours = *position_.journaled;
  done_.limit(kRanges);
  ReaderRow row{.reader = reader_.name, .token = ours.token, .n = ours.n, .done = done_};
  auto out = std::make_shared<Settled>();
  const Diagnosis said = writer_.call([out, row, reader = reader_, before = ours.settled](Session& session) { return settle(session, reader, row, before, *out); });
  if (!said.ok() && !out->ours) {
    tried_ = row.n;
    const sdk::Status status = target_->status(said, reader_.journal.readers.table);
    return status.code == MG_AUTH || status.code == MG_CONFIG ? status : sdk::Status{};  // whatever else: the next one may succeed
  }
  if (!out->ours) return not_ours(out->there);
  ours.settled = ours.n;
  unsettled_ = 0;
  if (said.ok()) note_settled(*out);
  return {};
}

void TableStream::note_settled(const Settled& out) {
  done_.remove(out.deleted);
  if (out.first) {
    done_.remove(0, *out.first - 1);
  } else {
    done_ = {};
  }
  held_.clear();
  if (!out.behind || out.clock - out.behind->settled < kBehind) return;
  held_ = "the journal keeps its entries for another reader, '" + out.behind->reader + "', which last read it " + std::to_string((out.clock - out.behind->settled) / kBehind) +
          " h ago: if it will never come again, `meshgate journal remove` with the name of the feed and `--reader " + out.behind->reader + "` lets them go";
}

}  // namespace meshgate::odbc
