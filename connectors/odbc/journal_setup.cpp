// The journal of a table, made, removed and shown for `meshgate journal`.
#include <algorithm>

#include "connectors/odbc/choice.hpp"
#include "connectors/odbc/connection.hpp"
#include "connectors/odbc/journal_reader.hpp"
#include "connectors/odbc/journal_statements.hpp"
#include "connectors/odbc/text.hpp"

namespace meshgate::odbc {

namespace {

using Texts = std::vector<std::vector<std::string>>;

/// What the database says before anything is done.
struct Found {
  Texts columns;
  Texts triggers;  ///< of Dialect::triggers_query()
  Texts entries;   ///< columns of the change table
  Texts others;    ///< journals that have readers, besides this one
  Texts grantee;   ///< who reads
};

TableName named(const TableWish& wish) { return parse_table_name(wish.table).value_or(TableName{}); }

Journal journal_in(const TableWish& wish, const Found& found) {
  return journal_of(named(wish), found.triggers.empty() ? std::string() : found.triggers[0][0]);
}

Diagnosis look(Session& session, const TableWish& wish, Found& out) {
  const Dialect& dialect = session.dialect();
  const TableName table = named(wish);
  if (Diagnosis failed = session.texts(dialect.columns_query(table), out.columns); !failed.ok()) return failed;
  if (Diagnosis failed = session.texts(dialect.triggers_query(table, journal_of(table, {}).entries.table), out.triggers); !failed.ok()) return failed;
  if (const std::string query = dialect.grantee_query(); !query.empty()) {
    if (Diagnosis failed = session.texts(query, out.grantee); !failed.ok()) return failed;
  }
  return session.texts(dialect.columns_query(journal_in(wish, out).entries), out.entries);
}

/// As who changes the database. No table of readers: there are no others.
Diagnosis look_for_others(Session& session, const Journal& journal, Texts& out) {
  Texts readers;
  if (Diagnosis failed = session.texts(session.dialect().columns_query(journal.readers), readers); !failed.ok() || readers.empty()) return failed;
  return session.texts("SELECT DISTINCT journal FROM " + quoted(session.dialect(), journal.readers) + " WHERE journal <> " + literal(journal.entries.table), out);
}

Diagnosis run_all(Session& session, const std::vector<std::string>& statements) {
  for (const std::string& sql : statements) {
    if (Diagnosis failed = session.run(sql); !failed.ok()) return failed;
  }
  return {};
}

/// How a journal stands.
struct State {
  std::int64_t entries = 0;
  std::int64_t clock = 0;
  std::vector<std::pair<ReaderRow, std::int64_t>> readers;  ///< and the entries that each has yet to read
};

Diagnosis read_state(Session& session, const Journal& journal, State& out) {
  const Dialect& dialect = session.dialect();
  const std::string count = "SELECT count(*) FROM " + quoted(dialect, journal.entries);
  if (Diagnosis failed = session.one_number(count, out.entries); !failed.ok()) return failed;
  if (Diagnosis failed = session.one_number(dialect.clock_query(), out.clock); !failed.ok()) return failed;
  Texts rows;
  if (Diagnosis failed = session.texts(select_readers(journal, dialect), rows); !failed.ok()) return failed;
  for (const auto& row : rows) {
    const auto decoded = decode_reader(row);
    if (!decoded) continue;
    const std::string waits = not_in(decoded->done, kEntryId);
    std::int64_t behind = out.entries;
    if (!waits.empty()) {
      if (Diagnosis failed = session.one_number(count + " WHERE " + waits, behind); !failed.ok()) return failed;
    }
    out.readers.emplace_back(*decoded, behind);
  }
  return {};
}

std::string told(const State& state, const Journal& journal) {
  std::string out = "journal " + journal.entries.table + ": " + std::to_string(state.entries) + " entries\n";
  for (const auto& [row, behind] : state.readers) {
    out += "reader " + row.reader + ": " + std::to_string(behind) + " entries to read, settled " + std::to_string(std::max<std::int64_t>(0, state.clock - row.settled) / 1'000'000) +
           " s ago, loses them after " + std::to_string(row.keep / 1'000'000) + " s\n";
  }
  if (state.readers.empty()) out += "nobody reads it: entries pile up until somebody does, or `meshgate journal remove`\n";
  return out;
}

/// One call of setup().
class JournalSetup {
 public:
  JournalSetup(std::shared_ptr<const Target> reads, std::shared_ptr<const Target> changes, const std::shared_ptr<Signal>& signal, TableWish wish)
      : reads_(reads), changes_(changes), reading_(reads, signal), changing_(changes, signal), wish_(std::move(wish)) {}

  sdk::Status go(const sdk::Setup& wish, sdk::Text& text) {
    auto found = std::make_shared<Found>();
    const Diagnosis said = reading_.call([found, of = wish_](Session& session) { return look(session, of, *found); });
    if (!said.ok()) return reads_->status(said, wish_.table);
    const Journal journal = journal_in(wish_, *found);
    switch (wish.action) {
      case MG_SETUP_INSTALL: return install(*found, journal, wish.tell, text);
      case MG_SETUP_REMOVE: return wish.reader.empty() ? remove(journal, wish.tell, text) : forget(journal, std::string(wish.reader), wish.tell, text);
      default: return state(*found, journal, text);
    }
  }

 private:
  sdk::Status install(const Found& found, const Journal& journal, bool tell, sdk::Text& text) {
    Table table;
    if (sdk::Status failed = describe(*reads_->dialect, wish_, found.columns, table); !failed.ok()) return failed;
    if (!found.entries.empty()) {
      return sdk::failure(MG_CONFIG, "table '" + wish_.table + "' has a journal, '" + journal.entries.table + "': `meshgate journal remove` first, if it is to be made anew");
    }
    const bool others = reads_->place.user != changes_->place.user && !found.grantee.empty();
    return run(install_statements(table, journal, *reads_->dialect, others ? found.grantee[0][0] : ""), tell, text);
  }

  sdk::Status remove(const Journal& journal, bool tell, sdk::Text& text) {
    auto others = std::make_shared<Texts>();
    const Diagnosis said = changing_.call([others, journal](Session& session) { return look_for_others(session, journal, *others); });
    if (!said.ok()) return changes_->status(said, journal.readers.table);
    return run(remove_statements(journal, *reads_->dialect, others->empty()), tell, text);
  }

  /// One reader; the entries that were kept for it alone go when another one settles.
  sdk::Status forget(const Journal& journal, const std::string& reader, bool tell, sdk::Text& text) {
    auto rows = std::make_shared<Texts>();
    const Diagnosis said = changing_.call([rows, journal, reader](Session& session) { return session.texts(select_readers(journal, session.dialect(), reader), *rows); });
    if (!said.ok()) return changes_->status(said, journal.readers.table);
    if (rows->empty()) return sdk::failure(MG_CONFIG, "the journal '" + journal.entries.table + "' has no reader '" + reader + "': `meshgate journal show` names those that it has");
    return run({forget_reader(journal, *reads_->dialect, reader)}, tell, text);
  }

  sdk::Status run(std::vector<std::string> statements, bool tell, sdk::Text& text) {
    if (tell) return text.say(script(statements, reads_->dialect->engine())), sdk::Status{};
    const Diagnosis said = changing_.call([statements = std::move(statements)](Session& session) { return run_all(session, statements); });
    if (said.ok()) return {};
    const sdk::Status status = changes_->status(said, wish_.table);
    if (status.code != MG_AUTH) return status;
    return sdk::failure(MG_AUTH, "user '" + changes_->place.user + "' may not change the database for table '" + wish_.table + "': log in as somebody who may, or give the statements to them (" + said.text + ")");
  }

  sdk::Status state(const Found& found, const Journal& journal, sdk::Text& text) {
    if (found.entries.empty()) return text.say("table " + wish_.table + " has no journal\n"), sdk::Status{};
    const std::vector<std::string>& triggers = found.triggers[0];
    if (triggers[3] != "1" && triggers[1] == "0") {
      text.say("its triggers are hidden from user " + reads_->place.user + "\n");
    } else if (triggers[1] != triggers[2]) {
      text.say("of its " + triggers[2] + " triggers " + triggers[1] + " are in place and enabled: make it anew\n");
    }
    auto state = std::make_shared<State>();
    const Diagnosis said = changing_.call([state, journal](Session& session) { return read_state(session, journal, *state); });
    if (!said.ok()) return changes_->status(said, journal.entries.table);
    text.say(told(*state, journal));
    return {};
  }

  std::shared_ptr<const Target> reads_;
  std::shared_ptr<const Target> changes_;
  Link reading_;
  Link changing_;
  TableWish wish_;
};

/// Those of the connection, with others in their place.
sdk::Settings with_login(const sdk::Settings& settings, const sdk::Settings& login) {
  std::vector<mg_setting> out;
  for (const auto& [name, value] : settings.all()) {
    if (!login.has(name)) out.push_back({sdk::borrow(name), sdk::borrow(value)});
  }
  for (const auto& [name, value] : login.all()) out.push_back({sdk::borrow(name), sdk::borrow(value)});
  return {out.data(), out.size()};
}

}  // namespace

sdk::Status DatabaseConnection::setup(const sdk::Settings& settings, const sdk::Setup& wish, sdk::Text& text) {
  if (settings.text("track") != kJournalTrack) {
    return sdk::failure(MG_CONFIG, "table '" + settings.text("table") + "' is not read by a journal: write `track: journal` first");
  }
  if (!parse_table_name(settings.text("table"))) return sdk::failure(MG_CONFIG, "`track: journal` needs one `table`");
  std::shared_ptr<const Target> changes;
  if (sdk::Status failed = make_target(with_login(settings_, wish.login), changes); !failed.ok()) return failed;
  return JournalSetup(target_, writing(changes, Writes::yes), signal_, table_wish(settings)).go(wish, text);
}

}  // namespace meshgate::odbc
