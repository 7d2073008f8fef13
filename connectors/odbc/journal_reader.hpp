#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "connectors/odbc/journal.hpp"
#include "connectors/odbc/session.hpp"

namespace meshgate::odbc {

/// A reader's row. Entries go once they are in `done` of all rows; a reader that has not settled for `keep` loses its row, and with it its right to
/// find them: it reads the table from the beginning.
struct ReaderRow {
  std::string reader;
  std::int64_t token = 0;    ///< another one after each registration
  std::int64_t n = 0;        ///< entries read up to the Position that it settled last
  IdSet done;                ///< of the entries that may still be there
  std::int64_t settled = 0;  ///< when, in microseconds of the database's clock
  std::int64_t keep = 0;     ///< microseconds

  bool operator==(const ReaderRow&) const = default;
};

/// Out of the row that select_readers() gives; nothing if it is none.
std::optional<ReaderRow> decode_reader(const std::vector<std::string>& row);
/// All readers of the journal, or the one of that name.
std::string select_readers(const Journal& journal, const Dialect& dialect, const std::string& reader = {});

/// Its row goes: nothing is kept for it any more.
std::string forget_reader(const Journal& journal, const Dialect& dialect, const std::string& reader);

/// Entries that every reader is done with.
IdSet done_by_all(const std::vector<ReaderRow>& readers);

/// Where and as whom; all that follow block and run on a link's thread.
struct Reader {
  Journal journal;
  std::string name;  ///< empty: somebody who only looks
  std::chrono::milliseconds keep{0};
};

/// The clock, then the row; no row: `out` is empty.
Diagnosis look_at_reader(Session& session, const Reader& reader, std::int64_t& clock, std::optional<ReaderRow>& out);
/// Before a first scan: from here on entries are kept for this reader.
Diagnosis register_reader(Session& session, const Reader& reader, std::int64_t token);

/// What settling found and did.
struct Settled {
  bool ours = false;                     ///< the row was as this reader knows it; otherwise nothing was done
  bool there = false;                    ///< there is one
  IdSet deleted;
  std::optional<std::int64_t> first;     ///< of the entries that are still there, as far as they are committed
  std::optional<ReaderRow> behind;       ///< of the other readers the one that settled first
  std::int64_t clock = 0;
};
/// Notes in the row that all of `row` is durable, `before` being the n that it should hold; removes rows that are too old, and the entries that
/// nobody needs any more.
Diagnosis settle(Session& session, const Reader& reader, const ReaderRow& row, std::int64_t before, Settled& out);

/// Entries that are kept, counted up to a million.
Diagnosis count_entries(Session& session, const Journal& journal, std::int64_t& out);

/// Tries the rights to settle without changing anything.
Diagnosis may_settle(Session& session, const Reader& reader);

}  // namespace meshgate::odbc
