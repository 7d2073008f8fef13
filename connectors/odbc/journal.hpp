#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/odbc/dialect.hpp"
#include "connectors/odbc/id_set.hpp"
#include "connectors/sdk/connector.hpp"

namespace meshgate::odbc {

/// The change table that triggers fill for a table. An entry says that the row of a key was written ('U'), that it went ('D'), or that the table
/// was emptied ('T', without a key); how a row is now, the table itself says. Entries are shared by all who read the table.
struct Journal {
  TableName table;    ///< whose
  TableName entries;  ///< meshgate_id (in the order of taking, not of commit), meshgate_op, the key's columns
  TableName readers;  ///< of all journals of this schema: how far each reader has come
};

/// `schema`: the table's own, where the database has to be asked for it; empty: as it is written. A long name is cut, and ends with a hash.
Journal journal_of(const TableName& table, const std::string& schema);

/// Its columns beside the key, and what a poll makes of an entry (EntryState).
inline constexpr const char* kEntryId = "meshgate_id";
inline constexpr const char* kEntryOp = "meshgate_op";
inline constexpr const char* kEntryState = "meshgate_state";
inline constexpr std::size_t kJournalColumns = 2;  ///< at most so many hidden ones are read beside a table's own
inline constexpr const char* kWaits = "meshgate_waits";

enum class EntryState : std::uint8_t { gone = 0, there = 1, emptied = 2 };

/// The entries that are not in `done`, in the order of their ids, each with the row of its key as it is now: the columns of `table`, then, hidden,
/// the id and the state.
std::shared_ptr<const Table> entries_of(const Table& table, const Journal& journal, const Dialect& dialect, const IdSet& done);
/// The table with one more, hidden, column: 1 where an entry says that the row has changed.
std::shared_ptr<const Table> compared_with(const Table& table, const Journal& journal, const Dialect& dialect);

/// A condition on a column of ids; empty: all of them.
std::string not_in(const IdSet& done, const std::string& column);
/// DELETE statements for exactly these ids: by single ids, because a range would wait for what others are writing beside it.
std::vector<std::string> delete_statements(const Journal& journal, const Dialect& dialect, const IdSet& ids);

/// Whether two values of a key are the same byte for byte, which keys that are equal need not be ("A" and "a", 1.0 and 1.00).
std::string same_key(const Column& column, Engine engine, const std::string& left, const std::string& right);
/// The opposite for a trigger, where two NULLs are the same.
std::string another_key(const Column& column, Engine engine, const std::string& left, const std::string& right);

}  // namespace meshgate::odbc
