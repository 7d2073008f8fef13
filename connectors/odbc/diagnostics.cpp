#include "connectors/odbc/diagnostics.hpp"

#include <sqlext.h>
#include <sqlucode.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "connectors/odbc/text.hpp"

namespace meshgate::odbc {

namespace {

bool says(const Diagnosis& diagnosis, std::string_view words) { return lower(diagnosis.text).find(words) != std::string::npos; }

/// "[unixODBC][Driver Manager]Data source…": whom a message went through is of no use to its reader.
std::string_view without_prefixes(std::string_view text) {
  while (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == text.npos) break;
    text.remove_prefix(end + 1);
  }
  return text;
}

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  while (!out.empty() && (out.back() == ' ' || out.back() == '.')) out.pop_back();
  return out;
}

Cause postgresql(const Diagnosis& said) {
  const std::string_view state = said.state;
  if (says(said, "could not translate host name")) return Cause::host;
  if (state.starts_with("08") && (says(said, "certificate") || says(said, "does not support ssl"))) return Cause::certificate;
  if (says(said, "password authentication failed") || says(said, "no password supplied") || says(said, "no pg_hba.conf entry")) return Cause::login;
  if (says(said, "role \"") && says(said, "does not exist") && state != "42704") return Cause::login;
  if (says(said, "database \"") && says(said, "does not exist")) return Cause::database;
  if (says(said, "permission denied") || state == "42501") return Cause::right;
  if (state == "28000" || state == "28P01") return Cause::login;
  if (state == "3D000") return Cause::database;
  if (state == "42P01" || state == "3F000" || state == "42S02") return Cause::table;
  if (state == "42703" || state == "42S22") return Cause::column;
  if (says(said, "too many clients") || says(said, "starting up") || says(said, "shutting down") || says(said, "recovery mode")) return Cause::busy;
  if (says(said, "connection refused") || says(said, "no route to host") || says(said, "timeout expired") || says(said, "network is unreachable")) return Cause::port;
  if (state.starts_with("57P") || says(said, "server closed the connection") || says(said, "terminating connection") ||
      says(said, "no connection to the server") || says(said, "could not receive data") || says(said, "could not send") ||
      says(said, "connection has been lost") || says(said, "communication link") || says(said, "connection lost") || says(said, "bad connection")) {
    return Cause::lost;
  }
  if (state.starts_with("40") || state == "55P03" || state.starts_with("53")) return Cause::busy;
  return Cause::other;
}

Cause mariadb(const Diagnosis& said) {
  switch (said.native) {
    case 2005: return Cause::host;
    case 2026: return Cause::certificate;
    case 2002:
    case 2003: return says(said, "unknown server host") || says(said, "unknown mysql server host") ? Cause::host : Cause::port;
    case 1045:
    case 1698:
    case 1130: return Cause::login;
    case 1049: return Cause::database;
    case 1044:
    case 1142:
    case 1143:
    case 1227: return Cause::right;
    case 1146: return Cause::table;
    case 1054: return Cause::column;
    case 2006:
    case 2013:
    case 2014:
    case 2055:
    case 1927:
    case 1053:
    case 4031: return Cause::lost;
    case 1040:
    case 1203:
    case 1205:
    case 1213: return Cause::busy;
    case 1317: return Cause::interrupted;
    case 1969: return Cause::interrupted;
    default: break;
  }
  // The client library's own words for a broken socket, with a number of the system.
  const bool broken = says(said, "write error:") || says(said, "read error:") || says(said, "broken pipe") || says(said, "connection reset");
  return broken ? Cause::lost : Cause::other;
}

Cause sqlite(const Diagnosis& said) {
  if (says(said, "unable to open database") || says(said, "connect failed") || says(said, "not a database")) return Cause::database;
  if (says(said, "no such table")) return Cause::table;
  if (says(said, "no such column")) return Cause::column;
  if (says(said, "no such collation")) return Cause::collation;
  if (says(said, "locked") || says(said, "busy") || said.native == 5 || said.native == 6) return Cause::busy;
  if (says(said, "interrupted") || said.native == 9) return Cause::interrupted;
  if (says(said, "readonly") || says(said, "permission")) return Cause::right;
  return Cause::other;
}

Cause manager(const Diagnosis& said) {
  const std::string_view state = said.state;
  if (state == "IM002" || state == "IM003" || state == "IM004" || says(said, "can't open lib") || says(said, "data source name not found")) return Cause::driver;
  if (state == "HY008" || state == "57014" || state.starts_with("HYT") || state == "S1T00" || state == "70100") return Cause::interrupted;
  if (state == "28000") return Cause::login;
  if (state == "08001") return Cause::port;
  if (state.starts_with("08")) return Cause::lost;
  if (state == "42S02") return Cause::table;
  if (state == "42S22") return Cause::column;
  return Cause::other;
}

/// Whether the text of a statement is at fault, and no value that it met.
bool refuses_statement(Engine engine, const Diagnosis& said) {
  const std::string_view state = said.state;
  if (engine == Engine::sqlite) return said.native == 1;
  // Illegal types of an operation, and mixes of collations: MariaDB has no state of their own for them.
  if (engine == Engine::mariadb && (said.native == 4078 || said.native == 1267 || said.native == 1271)) return true;
  return state.starts_with("42") || state.starts_with("0A") || state == "21000" || state == "25006";
}

}  // namespace

Diagnosis diagnose(SQLSMALLINT type, SQLHANDLE handle) {
  std::array<SQLWCHAR, 6> state{};
  std::array<SQLWCHAR, 2048> text{};
  SQLINTEGER native = 0;
  SQLSMALLINT size = 0;
  const SQLRETURN rc = SQLGetDiagRecW(type, handle, 1, state.data(), &native, text.data(), static_cast<SQLSMALLINT>(text.size()), &size);
  Diagnosis out{"HY000", 0, "the driver does not say what is wrong"};
  if (!SQL_SUCCEEDED(rc)) return out;
  out = {};
  const auto wide = [](const SQLWCHAR* from, size_t count) { return std::u16string(from, from + count); };
  append_utf8(out.state, wide(state.data(), 5));
  std::string said;
  append_utf8(said, wide(text.data(), std::min<size_t>(static_cast<size_t>(std::max<SQLSMALLINT>(size, 0)), text.size() - 1)));
  out.native = native;
  out.text = one_line(without_prefixes(said));
  return out;
}

Cause verdict(Engine engine, const Diagnosis& diagnosis) {
  if (diagnosis.ok()) return Cause::none;
  Cause found = Cause::other;
  if (diagnosis.state == kHangs) return Cause::hangs;
  if (diagnosis.state.starts_with("IM")) return manager(diagnosis);
  if (engine == Engine::postgresql) found = postgresql(diagnosis);
  if (engine == Engine::mariadb) found = mariadb(diagnosis);
  if (engine == Engine::sqlite) found = sqlite(diagnosis);
  if (found == Cause::other) found = manager(diagnosis);
  return found == Cause::other && refuses_statement(engine, diagnosis) ? Cause::statement : found;
}

std::int32_t action(Cause cause) {
  switch (cause) {
    case Cause::none: return MG_OK;
    case Cause::driver:
    case Cause::host:
    case Cause::certificate:
    case Cause::database:
    case Cause::table:
    case Cause::column:
    case Cause::collation:
    case Cause::statement: return MG_CONFIG;
    case Cause::login:
    case Cause::right: return MG_AUTH;
    case Cause::port:
    case Cause::hangs:
    case Cause::lost: return MG_RECONNECT;
    case Cause::busy:
    case Cause::interrupted:
    case Cause::other: return MG_RETRY;
  }
  return MG_INTERNAL;
}

namespace {

std::string quoted(const std::string& text) { return "'" + text + "'"; }

bool of_statement(Cause cause) { return cause == Cause::table || cause == Cause::column || cause == Cause::collation || cause == Cause::statement; }

/// What is wrong, and what to do.
std::string advice(Cause cause, const Place& place) {
  if (place.table.empty() && of_statement(cause)) return "the database does not take the query: check `query`, the names in it, and that the user may read what it reads";
  switch (cause) {
    case Cause::none: break;
    case Cause::driver:
      return "there is no ODBC driver " + quoted(place.driver) + " here: install it, or name one of those installed (" +
            (place.installed.empty() ? "none" : place.installed) + ")";
    case Cause::host: return "the host of " + quoted(place.server) + " is not known: check `server`, and this machine's name service";
    case Cause::port:
      return "nothing answers at " + quoted(place.server) + ": check `server` and `port`, that the database runs, and the firewall between";
    case Cause::certificate:
      return "a TLS connection to " + quoted(place.server) + " cannot be made as it was asked for: check the server's certificate (its name, until when it is valid, who signed it), and the driver's settings "
             "for it (connectors/odbc/README.md names them)";
    case Cause::login: return "the database at " + quoted(place.server) + " refuses user " + quoted(place.user) + ": check `uid` and `pwd`, and that it may log in from here";
    case Cause::database: return "the database " + quoted(place.database) + " cannot be opened at " + quoted(place.server) + ": check `database`";
    case Cause::table: return "there is no table " + quoted(place.table) + " in database " + quoted(place.database) + ": check `table`, its schema, the case of its letters, and that the user has a right to it (some databases hide what a user may not read)";
    case Cause::column: return "a column of " + quoted(place.table) + " is not there: check `columns` and `key`";
    case Cause::right: return "user " + quoted(place.user) + " may not read " + (place.table.empty() ? "this" : quoted(place.table)) + ": grant it SELECT (connectors/odbc/README.md has the statements)";
    case Cause::collation: return "the key of " + quoted(place.table) + " is ordered by a collation that only its application has: read a view that is keyed by rowid (connectors/odbc/README.md has the statement)";
    case Cause::hangs:
      return "calls to " + quoted(place.server) + " hang that were given up: no other is begun before one of them has ended; look at what the database waits for, or restart it";
    case Cause::lost: return "the connection to " + quoted(place.server) + " is gone: it is opened anew";
    case Cause::busy: return "the database at " + quoted(place.server) + " is busy: it is tried again";
    case Cause::interrupted: return "the database at " + quoted(place.server) + " did not finish in time" + (place.table.empty() ? "" : " with " + quoted(place.table)) + ": it waits for a lock, or needs longer than `timeout`";
    case Cause::statement:
    case Cause::other: return "the database at " + quoted(place.server) + " reports an error" + (place.table.empty() ? "" : " for " + quoted(place.table));
  }
  return {};
}

}  // namespace

std::string sentence(Cause cause, const Place& place, const Diagnosis& diagnosis) {
  if (cause == Cause::none) return {};
  std::string out = advice(cause, place);
  if (!diagnosis.text.empty()) out += " (" + diagnosis.state + ": " + diagnosis.text + ")";
  return out;
}

void Mask::add(std::string secret) {
  if (secret.empty()) return;
  secrets_.push_back(std::move(secret));
  std::ranges::sort(secrets_, [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
}

std::string Mask::apply(std::string_view text) const {
  std::string out(text);
  for (const std::string& secret : secrets_) out = replaced(out, secret, "***");
  return out;
}

}  // namespace meshgate::odbc
