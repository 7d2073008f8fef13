#include "connectors/odbc/watch.hpp"

#include <charconv>

namespace meshgate::odbc {

namespace {

using Texts = std::vector<std::vector<std::string>>;

/// In this order: a statement that does not run yet began after the clock, and one that has ended is in the list of transactions or committed.
Diagnosis ask_before(Session& session, const TrackPlace& place, Before& out) {
  const Dialect& dialect = session.dialect();
  if (Diagnosis failed = session.one_number(dialect.clock_query(), out.clock); !failed.ok()) return failed;
  if (Diagnosis failed = look_at_moment(session, out.moment); !failed.ok()) return failed;
  const std::string statements = place.kind == TrackKind::time ? dialect.statements_query() : "";
  Texts rows;
  if (Diagnosis failed = statements.empty() ? Diagnosis{} : session.texts(statements, rows); !failed.ok()) return failed;
  std::int64_t began = 0;
  if (!rows.empty() && !rows[0][0].empty()) {
    std::from_chars(rows[0][0].data(), rows[0][0].data() + rows[0][0].size(), began);
    out.statement = began;
  }
  return {};
}

Diagnosis ask(Session& session, const TrackPlace& place, Texts& rows) {
  const Dialect& dialect = session.dialect();
  Before before;
  if (!dialect.horizon_in_transaction()) return session.texts_again(dialect.horizon_query(place, before), rows);
  if (Diagnosis failed = session.begin(); !failed.ok()) return failed;
  Diagnosis said = ask_before(session, place, before);
  if (said.ok()) said = session.texts(dialect.horizon_query(place, before), rows);
  if (dialect.hides_transactions(said)) said = session.texts(dialect.blind_query(place, before), rows);
  const Diagnosis ended = session.end();
  return said.ok() ? ended : said;
}

}  // namespace

Diagnosis look_at_horizon(Session& session, const TrackPlace& place, Horizon& out) {
  Texts rows;
  if (Diagnosis failed = ask(session, place, rows); !failed.ok()) return failed;
  const auto decoded = rows.empty() ? std::nullopt : decode_horizon(rows[0], place.kind);
  if (!decoded) return {"HY000", 0, "the database did not say which transactions are open"};
  out = *decoded;
  if (out.blind == Blind::replica) out.until = session.latest(out.until);
  return {};
}

Diagnosis look_at_moment(Session& session, Moment& out) {
  Texts rows;
  if (Diagnosis failed = session.texts(session.dialect().moment_query(), rows); !failed.ok()) return failed;
  const auto decoded = rows.empty() ? std::nullopt : decode_moment(rows[0]);
  if (!decoded) return {"HY000", 0, "the database did not say what time it is"};
  out = *decoded;
  if (out.replica) out.until = session.latest(out.until);
  return {};
}

Diagnosis look_at_clock(Session& session, Horizon& out) {
  out = {};
  Diagnosis said = session.one_number(session.dialect().clock_query(), out.clock);
  out.until = out.clock;
  return said;
}

}  // namespace meshgate::odbc
