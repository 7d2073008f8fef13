#include "connectors/odbc/journal_statements.hpp"

#include "connectors/odbc/table.hpp"
#include "connectors/odbc/text.hpp"

namespace meshgate::odbc {

namespace {

using Statements = std::vector<std::string>;

/// The texts that the statements of all databases are made of.
struct Parts {
  Parts(const Table& of, const Journal& journal, const Dialect& dialect) : table(quoted(dialect, journal.table)), entries(quoted(dialect, journal.entries)) {
    for (const std::size_t at : of.key) {
      const Column& column = of.columns[at];
      const std::string name = dialect.quote(column.name);
      const std::string comma = keys.empty() ? "" : ", ";
      keys += comma + name;
      old_keys += comma + "OLD." + name;
      new_keys += comma + "NEW." + name;
      declared += ", " + name + (column.native == "no declared type" ? "" : " " + column.native);
      moved += (moved.empty() ? "" : " OR ") + another_key(column, dialect.engine(), "OLD." + name, "NEW." + name);
    }
  }
  /// INSERT of an entry: the row is written, or goes.
  [[nodiscard]] std::string written(const std::string& into) const { return entry(into) + " VALUES ('U', " + new_keys + ")"; }
  [[nodiscard]] std::string gone(const std::string& into) const { return entry(into) + " VALUES ('D', " + old_keys + ")"; }
  [[nodiscard]] std::string entry(const std::string& into) const { return "INSERT INTO " + into + " (" + kEntryOp + ", " + keys + ")"; }

  std::string table;
  std::string entries;
  std::string keys;      // with commas
  std::string old_keys;  // of a trigger's rows
  std::string new_keys;
  std::string declared;  // names and types, each behind a comma
  std::string moved;     // an update has changed the key
};

std::string forget_readers(const Journal& journal, const Dialect& dialect) {
  return "DELETE FROM " + quoted(dialect, journal.readers) + " WHERE journal = " + literal(journal.entries.table);
}

/// A row of no reader says that there is such a journal.
std::string note_journal(const Journal& journal, const Dialect& dialect) {
  return "INSERT INTO " + quoted(dialect, journal.readers) + " (journal, reader, token, n, done, settled, keep) VALUES (" + literal(journal.entries.table) + ", '', 0, 0, '', 0, 0)";
}

std::string make_readers(const Journal& journal, const Dialect& dialect, const std::string& name, const std::string& number, const std::string& text) {
  return "CREATE TABLE IF NOT EXISTS " + quoted(dialect, journal.readers) + " (journal " + name + " NOT NULL, reader " + name + " NOT NULL, token " + number + " NOT NULL, n " +
         number + " NOT NULL, done " + text + " NOT NULL, settled " + number + " NOT NULL, keep " + number + " NOT NULL, PRIMARY KEY (journal, reader))";
}

void grant(Statements& out, const Journal& journal, const Dialect& dialect, const std::string& grantee) {
  if (grantee.empty()) return;
  out.push_back("GRANT SELECT, DELETE ON " + quoted(dialect, journal.entries) + " TO " + grantee);
  out.push_back("GRANT SELECT, INSERT, UPDATE, DELETE ON " + quoted(dialect, journal.readers) + " TO " + grantee);
}

/// The function runs as who owns it, so that whoever writes the table needs no right to the journal.
std::string postgresql_function(const Parts& parts) {
  return "CREATE FUNCTION " + parts.entries + "() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $meshgate$\n"
         "BEGIN\n"
         "  IF TG_OP = 'INSERT' THEN\n    " + parts.written(parts.entries) + ";\n"
         "  ELSIF TG_OP = 'UPDATE' THEN\n"
         "    IF " + parts.moved + " THEN\n      " + parts.gone(parts.entries) + ";\n    END IF;\n    " + parts.written(parts.entries) + ";\n"
         "  ELSIF TG_OP = 'DELETE' THEN\n    " + parts.gone(parts.entries) + ";\n"
         "  ELSE\n    INSERT INTO " + parts.entries + " (" + kEntryOp + ") VALUES ('T');\n"
         "  END IF;\n  RETURN NULL;\nEND $meshgate$";
}

Statements postgresql(const Parts& parts, const Journal& journal, const Dialect& dialect, const std::string& grantee) {
  Statements out = {"BEGIN",
                    "CREATE TABLE " + parts.entries + " AS SELECT " + parts.keys + " FROM " + parts.table + " WHERE false",
                    "ALTER TABLE " + parts.entries + " ADD " + kEntryId + " bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ADD " + kEntryOp + " char(1) NOT NULL",
                    make_readers(journal, dialect, "text", "bigint", "text"),
                    forget_readers(journal, dialect),
                    note_journal(journal, dialect),
                    postgresql_function(parts),
                    "CREATE TRIGGER meshgate_journal AFTER INSERT OR UPDATE OR DELETE ON " + parts.table + " FOR EACH ROW EXECUTE FUNCTION " + parts.entries + "()",
                    "CREATE TRIGGER meshgate_journal_truncate AFTER TRUNCATE ON " + parts.table + " FOR EACH STATEMENT EXECUTE FUNCTION " + parts.entries + "()"};
  grant(out, journal, dialect, grantee);
  out.emplace_back("COMMIT");
  return out;
}

std::string trigger(const Journal& journal, const Dialect& dialect, const char* ending) {
  return quoted(dialect, {journal.entries.schema, journal.entries.table + ending});
}

/// The triggers run as who makes them.
Statements mariadb(const Parts& parts, const Journal& journal, const Dialect& dialect, const std::string& grantee) {
  const auto made = [&](const char* ending, const char* event, const std::string& body) {
    return "CREATE TRIGGER " + trigger(journal, dialect, ending) + " AFTER " + event + " ON " + parts.table + " FOR EACH ROW " + body;
  };
  Statements out = {"CREATE TABLE " + parts.entries + " (" + kEntryId + " BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, " + kEntryOp +
                        " CHAR(1) CHARACTER SET ascii NOT NULL DEFAULT 'U') ENGINE = InnoDB SELECT " + parts.keys + " FROM " + parts.table + " WHERE FALSE",
                    make_readers(journal, dialect, "VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "BIGINT", "MEDIUMTEXT CHARACTER SET ascii") + " ENGINE = InnoDB",
                    forget_readers(journal, dialect),
                    note_journal(journal, dialect),
                    made("_i", "INSERT", parts.written(parts.entries)),
                    made("_u", "UPDATE", "BEGIN\n  IF " + parts.moved + " THEN " + parts.gone(parts.entries) + "; END IF;\n  " + parts.written(parts.entries) + ";\nEND"),
                    made("_d", "DELETE", parts.gone(parts.entries))};
  grant(out, journal, dialect, grantee);
  return out;
}

/// Within a trigger tables are named without their schema.
Statements sqlite(const Parts& parts, const Journal& journal, const Dialect& dialect) {
  const std::string entries = dialect.quote(journal.entries.table);
  const auto made = [&](const char* ending, const char* event, const std::string& body) {
    return "CREATE TRIGGER " + trigger(journal, dialect, ending) + " AFTER " + event + " ON " + dialect.quote(journal.table.table) + " BEGIN\n  " + body + ";\nEND";
  };
  const std::string moved = parts.entry(entries) + " SELECT 'D', " + parts.old_keys + " WHERE " + parts.moved;
  return {"BEGIN IMMEDIATE",
          "CREATE TABLE " + parts.entries + " (" + kEntryId + " INTEGER PRIMARY KEY AUTOINCREMENT, " + kEntryOp + " TEXT NOT NULL" + parts.declared + ")",
          make_readers(journal, dialect, "TEXT", "INTEGER", "TEXT"),
          forget_readers(journal, dialect),
          note_journal(journal, dialect),
          made("_i", "INSERT", parts.written(entries)),
          made("_u", "UPDATE", moved + ";\n  " + parts.written(entries)),
          made("_d", "DELETE", parts.gone(entries)),
          "COMMIT"};
}

}  // namespace

std::vector<std::string> install_statements(const Table& table, const Journal& journal, const Dialect& dialect, const std::string& grantee) {
  const Parts parts(table, journal, dialect);
  switch (dialect.engine()) {
    case Engine::postgresql: return postgresql(parts, journal, dialect, grantee);
    case Engine::mariadb: return mariadb(parts, journal, dialect, grantee);
    default: return sqlite(parts, journal, dialect);
  }
}

std::vector<std::string> remove_statements(const Journal& journal, const Dialect& dialect, bool last) {
  const bool postgresql = dialect.engine() == Engine::postgresql;
  const bool atomic = dialect.engine() != Engine::mariadb;
  Statements out;
  if (atomic) out.emplace_back(postgresql ? "BEGIN" : "BEGIN IMMEDIATE");
  if (postgresql) {
    for (const char* name : {"meshgate_journal", "meshgate_journal_truncate"}) {
      out.push_back("DROP TRIGGER IF EXISTS " + std::string(name) + " ON " + quoted(dialect, journal.table));
    }
    out.push_back("DROP FUNCTION IF EXISTS " + quoted(dialect, journal.entries) + "()");
  } else {
    for (const char* ending : {"_i", "_u", "_d"}) out.push_back("DROP TRIGGER IF EXISTS " + trigger(journal, dialect, ending));
  }
  out.push_back("DROP TABLE IF EXISTS " + quoted(dialect, journal.entries));
  out.push_back(last ? "DROP TABLE IF EXISTS " + quoted(dialect, journal.readers) : forget_readers(journal, dialect));
  if (atomic) out.emplace_back("COMMIT");
  return out;
}

std::string script(const std::vector<std::string>& statements, Engine engine) {
  std::string out;
  for (const std::string& one : statements) {
    const bool has_body = engine == Engine::mariadb && one.find(';') != std::string::npos;
    out += has_body ? "DELIMITER //\n" + one + " //\nDELIMITER ;\n" : one + ";\n";
  }
  return out;
}

}  // namespace meshgate::odbc
