#include "connectors/odbc/watch.hpp"

namespace meshgate::odbc {

namespace {

using Texts = std::vector<std::vector<std::string>>;

Diagnosis ask(Session& session, const TrackPlace& place, Texts& rows) {
  const Dialect& dialect = session.dialect();
  if (!dialect.horizon_in_transaction()) return session.texts_again(dialect.horizon_query(place, 0), rows);
  if (Diagnosis failed = session.begin(); !failed.ok()) return failed;
  std::int64_t clock = 0;
  Diagnosis said = session.one_number(dialect.clock_query(), clock);
  if (said.ok()) said = session.texts(dialect.horizon_query(place, clock), rows);
  const Diagnosis ended = session.end();
  return said.ok() ? ended : said;
}

}  // namespace

Diagnosis look_at_horizon(Session& session, const TrackPlace& place, Horizon& out) {
  Texts rows;
  Diagnosis said = ask(session, place, rows);
  if (session.dialect().hides_transactions(said)) said = session.texts(session.dialect().blind_query(place), rows);
  if (!said.ok()) return said;
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
