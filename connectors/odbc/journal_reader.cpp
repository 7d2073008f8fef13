#include "connectors/odbc/journal_reader.hpp"

#include <algorithm>
#include <charconv>

#include "connectors/odbc/table.hpp"
#include "connectors/odbc/text.hpp"

namespace meshgate::odbc {

namespace {

using Texts = std::vector<std::vector<std::string>>;

/// To count more would only be slow: it is too many all the same.
constexpr std::int64_t kCounted = 1'000'000;

bool number_in(const std::string& text, std::int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

std::string of_journal(const Journal& journal) { return " WHERE journal = " + literal(journal.entries.table); }
std::string of_reader(const Reader& reader) { return of_journal(reader.journal) + " AND reader = " + literal(reader.name); }
std::string clock(const Dialect& dialect) { return "(" + dialect.clock_query() + ")"; }

Diagnosis read_rows(Session& session, const std::string& sql, std::vector<ReaderRow>& out) {
  Texts rows;
  if (Diagnosis failed = session.texts(sql, rows); !failed.ok()) return failed;
  for (const auto& row : rows) {
    const auto decoded = decode_reader(row);
    if (!decoded) return {"HY000", 0, "the table of the journal's readers holds something else"};
    out.push_back(*decoded);
  }
  return {};
}

Diagnosis run_all(Session& session, const std::vector<std::string>& statements) {
  for (const std::string& sql : statements) {
    if (Diagnosis failed = session.run(sql); !failed.ok()) return failed;
  }
  return {};
}

/// The reader's own row, if it is as it should be, and the rows of those who stay away.
std::vector<std::string> note_statements(const Dialect& dialect, const Reader& reader, const ReaderRow& row, std::int64_t before) {
  const std::string table = quoted(dialect, reader.journal.readers);
  const std::string keep = std::to_string(std::chrono::microseconds(reader.keep).count());
  return {"UPDATE " + table + " SET n = " + std::to_string(row.n) + ", done = " + literal(row.done.text()) + ", settled = " + clock(dialect) + ", keep = " + keep + of_reader(reader) +
              " AND token = " + std::to_string(row.token) + " AND n = " + std::to_string(before),
          "DELETE FROM " + table + of_journal(reader.journal) + " AND reader <> '' AND settled + keep < " + clock(dialect)};
}

Diagnosis find_first(Session& session, const Journal& journal, std::optional<std::int64_t>& out) {
  Texts rows;
  Diagnosis said = session.texts("SELECT min(" + std::string(kEntryId) + ") FROM " + quoted(session.dialect(), journal.entries), rows);
  std::int64_t id = 0;
  if (!rows.empty() && number_in(rows[0][0], id)) out = id;
  return said;
}

}  // namespace

std::optional<ReaderRow> decode_reader(const std::vector<std::string>& row) {
  ReaderRow out;
  if (row.size() != 6) return std::nullopt;
  auto done = IdSet::parse(row[3]);
  const bool numbers = number_in(row[1], out.token) && number_in(row[2], out.n) && number_in(row[4], out.settled) && number_in(row[5], out.keep);
  if (!done || !numbers) return std::nullopt;
  out.reader = row[0];
  out.done = std::move(*done);
  return out;
}

std::string select_readers(const Journal& journal, const Dialect& dialect, const std::string& reader) {
  return "SELECT reader, token, n, done, settled, keep FROM " + quoted(dialect, journal.readers) + of_journal(journal) + " AND reader " +
         (reader.empty() ? "<> ''" : "= " + literal(reader));
}

std::string forget_reader(const Journal& journal, const Dialect& dialect, const std::string& reader) {
  return "DELETE FROM " + quoted(dialect, journal.readers) + of_journal(journal) + " AND reader = " + literal(reader);
}

IdSet done_by_all(const std::vector<ReaderRow>& readers) {
  if (readers.empty()) return {};
  IdSet out = readers[0].done;
  for (const ReaderRow& one : readers) out.keep(one.done);
  return out;
}

Diagnosis look_at_reader(Session& session, const Reader& reader, std::int64_t& clock, std::optional<ReaderRow>& out) {
  if (Diagnosis failed = session.one_number(session.dialect().clock_query(), clock); !failed.ok() || reader.name.empty()) return failed;
  std::vector<ReaderRow> rows;
  if (Diagnosis failed = read_rows(session, select_readers(reader.journal, session.dialect(), reader.name), rows); !failed.ok()) return failed;
  if (!rows.empty()) out = std::move(rows[0]);
  return {};
}

Diagnosis register_reader(Session& session, const Reader& reader, std::int64_t token) {
  const std::string table = quoted(session.dialect(), reader.journal.readers);
  const std::int64_t keep = std::chrono::microseconds(reader.keep).count();
  return run_all(session, {forget_reader(reader.journal, session.dialect(), reader.name),
                           "INSERT INTO " + table + " (journal, reader, token, n, done, settled, keep) SELECT " + literal(reader.journal.entries.table) + ", " + literal(reader.name) +
                               ", " + std::to_string(token) + ", 0, '', " + clock(session.dialect()) + ", " + std::to_string(keep)});
}

Diagnosis settle(Session& session, const Reader& reader, const ReaderRow& row, std::int64_t before, Settled& out) {
  if (Diagnosis failed = run_all(session, note_statements(session.dialect(), reader, row, before)); !failed.ok()) return failed;
  std::vector<ReaderRow> all;
  if (Diagnosis failed = read_rows(session, select_readers(reader.journal, session.dialect()), all); !failed.ok()) return failed;
  const auto mine = std::ranges::find(all, reader.name, &ReaderRow::reader);
  out.there = mine != all.end();
  out.ours = out.there && mine->token == row.token && mine->n == row.n && mine->done == row.done;
  if (!out.ours) return {};
  out.clock = mine->settled;
  out.deleted = done_by_all(all);
  for (const ReaderRow& one : all) {
    if (one.reader != reader.name && (!out.behind || one.settled < out.behind->settled)) out.behind = one;
  }
  if (Diagnosis failed = run_all(session, delete_statements(reader.journal, session.dialect(), out.deleted)); !failed.ok()) return failed;
  return find_first(session, reader.journal, out.first);
}

Diagnosis count_entries(Session& session, const Journal& journal, std::int64_t& out) {
  return session.one_number("SELECT count(*) FROM (SELECT 1 FROM " + quoted(session.dialect(), journal.entries) + " LIMIT " + std::to_string(kCounted) + ") t", out);
}

Diagnosis may_settle(Session& session, const Reader& reader) {
  const std::string table = quoted(session.dialect(), reader.journal.readers);
  const std::string nobody = " WHERE journal = '' AND reader = ''";
  return run_all(session, {"INSERT INTO " + table + " SELECT * FROM " + table + nobody, "UPDATE " + table + " SET n = n" + nobody, "DELETE FROM " + table + nobody,
                           "DELETE FROM " + quoted(session.dialect(), reader.journal.entries) + " WHERE " + kEntryId + " = 0"});
}

}  // namespace meshgate::odbc
