// What a stream reads: the table as it is, by what it is followed, and what the database says before a read.
#include <thread>

#include "connectors/odbc/result.hpp"
#include "connectors/odbc/stream.hpp"
#include "connectors/odbc/watch.hpp"

namespace meshgate::odbc {

namespace {

/// How often a table's columns are looked up again.
constexpr std::chrono::seconds kDescribed{10};
/// How often the first look is taken again while it shows an old list, which databases renew after this time.
constexpr int kFirstLooks = 6;
constexpr std::chrono::milliseconds kListAge{120};

}  // namespace

sdk::Status TableStream::open() {
  if (sdk::Status failed = refresh(); !failed.ok()) return failed;
  if (sdk::Status failed = settle_track(); !failed.ok()) return failed;
  const std::string probe = rows_query(*table_, "1 = 0");
  return target_->status(link_.call([probe](Session& session) { return session.run(probe); }), wish_.table);
}

/// The catalogue's rows of the table, and whether a snapshot may lock it.
sdk::Status TableStream::look_up_table(Texts& out, bool& lockable) {
  const auto name = parse_table_name(wish_.table);
  if (!name) return {};
  struct Found {
    Texts rows;
    std::int64_t lockable = 0;
  };
  auto found = std::make_shared<Found>();
  const Diagnosis said = link_.call([found, name](Session& session) {
    const std::string query = session.dialect().lockable_query(*name);
    Diagnosis failed = query.empty() ? Diagnosis{} : session.one_number(query, found->lockable);
    return failed.ok() ? session.texts(session.dialect().columns_query(name), found->rows) : failed;
  });
  if (!said.ok()) return target_->status(said, wish_.table);
  out = std::move(found->rows);
  lockable = found->lockable == 1;
  return out.empty() ? why_hidden(*name) : sdk::Status{};
}

/// The same of the query.
sdk::Status TableStream::look_up_query(Texts& out) {
  struct Found {
    Texts rows;
    std::string fault;
  };
  auto found = std::make_shared<Found>();
  const Diagnosis said = link_.call([found, query = wish_.query](Session& session) { return look_at_result(session, query, found->rows, found->fault); });
  if (!said.ok()) return target_->status(said);
  out = std::move(found->rows);
  return found->fault.empty() ? sdk::Status{} : sdk::failure(MG_CONFIG, found->fault);
}

sdk::Status TableStream::refresh() {
  Texts rows;
  bool lockable = false;
  if (sdk::Status failed = wish_.query.empty() ? look_up_table(rows, lockable) : look_up_query(rows); !failed.ok()) return failed;
  auto table = std::make_shared<Table>();
  if (sdk::Status failed = describe(*target_->dialect, wish_, rows, *table); !failed.ok()) return failed;
  if (lockable) table->lock = table->from;
  columns_ = announce(*table);
  keys_ = keys_of(*table);
  changes_ = changes_of(*table);
  table_ = std::move(table);
  described_ = Clock::now();
  if (lengths_.size() != table_->columns.size()) lengths_.assign(table_->columns.size(), std::nullopt);
  values_.resize(table_->columns.size());
  cell_texts_.resize(table_->columns.size() + kJournalColumns);
  value_texts_.resize(table_->columns.size());
  return {};
}

/// What is followed must stay what it was: with another key or tracked column it is opened anew, and then read from the beginning.
sdk::Status TableStream::refresh_if_old() {
  if (Clock::now() - described_ <= kDescribed) return {};
  const std::uint64_t before = print();
  if (sdk::Status failed = refresh(); !failed.ok()) return failed;
  if (journaling()) {
    if (sdk::Status failed = find_journal(); !failed.ok()) return failed;
  }
  if (!following() || print() == before) return {};
  return sdk::failure(MG_RETRY, "the key or the tracked column of " + table_->said + " is another than before: it is read from the beginning");
}

/// A catalogue that shows nothing of a table may hide it from this user: the table itself says which it is.
sdk::Status TableStream::why_hidden(const TableName& name) {
  const std::string probe = "SELECT 1 FROM " + quoted(*target_->dialect, name) + " WHERE 1 = 0";
  const Diagnosis said = link_.call([probe](Session& session) { return session.run(probe); });
  return target_->status(said.ok() ? Diagnosis{"42S02", 0, ""} : said, wish_.table);
}

/// Decides by what the table is followed, and makes sure that it can be.
sdk::Status TableStream::settle_track() {
  if (journaling()) return settle_on_journal();
  if (track_wish_.track == "scan") return {};
  const auto name = table_->named;
  auto rows = std::make_shared<Texts>();
  // Nobody knows by what a query's rows are found, or set.
  const Diagnosis said = name ? link_.call([rows, name](Session& session) { return session.texts(session.dialect().facts_query(*name), *rows); }) : Diagnosis{};
  // What nobody asked for is no reason to read nothing.
  if (!said.ok()) return track_wish_.track.empty() ? sdk::Status{} : target_->status(said, wish_.table);
  const auto facts = column_facts(*rows);
  const Engine engine = target_->dialect->engine();
  if (sdk::Status failed = choose_track(track_wish_, *table_, facts, engine, Blind::no, choice_); !failed.ok() || !tracking()) return failed;
  place_ = {.table = name, .from = table_->from, .column = choice_.column, .kind = choice_.rule.kind};
  choice_.rule.order = target_->dialect->commit_order(place_.kind);
  Horizon horizon;
  const sdk::Status seen = look_first(horizon);
  if (!seen.ok() && (!track_wish_.track.empty() || seen.code != MG_CONFIG)) return seen;
  if (!seen.ok()) {
    const sdk::Status chosen = choose_track(track_wish_, *table_, facts, engine, horizon.blind, choice_);
    choice_.note += "; " + seen.message;
    return chosen;
  }
  wish_.track = choice_.column;
  first_ = horizon;
  return refresh();
}

/// A list of transactions that somebody else had made a moment ago would leave a doubt that costs a compare of all rows: a little patience
/// is cheaper.
sdk::Status TableStream::look_first(Horizon& out) {
  for (int tries = 0; tries < kFirstLooks; ++tries) {
    if (tries > 0) link_.call([](Session&) { return std::this_thread::sleep_for(kListAge), Diagnosis{}; });
    if (sdk::Status failed = look(true, out); !failed.ok()) return failed;
    if (out.blind != Blind::no || (out.read_at && *out.read_at + kGrain >= out.clock)) break;
  }
  return {};
}

/// Before a read. `whole`: also which transactions are open.
sdk::Status TableStream::look(bool whole, Horizon& out) {
  auto seen = std::make_shared<Horizon>();
  const Diagnosis said = link_.call([seen, whole, place = place_](Session& session) {
    return whole ? look_at_horizon(session, place, *seen) : look_at_clock(session, *seen);
  });
  if (!said.ok()) return target_->status(said, wish_.table);
  out = *seen;
  if (out.blind == Blind::no || choice_.rule.overlap) return {};
  return sdk::failure(MG_CONFIG, blindness(out.blind, target_->dialect->engine(), target_->place, table_->said, choice_.column));
}

std::uint64_t TableStream::print() const {
  std::vector<std::string> names;
  for (const std::size_t at : table_->key) names.push_back(table_->columns[at].name);
  if (tracking()) names.push_back("track " + choice_.column + " " + table_->columns[*table_->track].native);
  if (journaling()) names.push_back("track journal");
  return fingerprint(table_->name, names);
}

std::uint64_t TableStream::shape() const {
  std::vector<std::string> names;
  for (const mg_column& column : columns_.all()) names.push_back(std::string(sdk::view(column.name)) + " " + std::string(sdk::view(column.native)));
  return fingerprint(table_->name, names);
}

}  // namespace meshgate::odbc
