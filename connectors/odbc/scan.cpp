#include "connectors/odbc/scan.hpp"

#include <algorithm>

#include "connectors/odbc/watch.hpp"

namespace meshgate::odbc {

namespace {

/// Of row sets; what a driver that keeps whole results holds at most.
constexpr std::size_t kPageRowsets = 4;

}  // namespace

Diagnosis Scan::open(Session& session) {
  const Dialect& dialect = session.dialect();
  session_ = session.shared_from_this();
  if (!range_.from) {
    if (Diagnosis failed = look_at_moment(session, moment_); !failed.ok()) return failed;
    if (table_->named && !range_.after) session.one_number(dialect.total_query(*table_->named), total_);
  }
  if (Diagnosis failed = session.begin(table_->lock); !failed.ok()) return failed;
  for (auto& rowset : rowsets_) rowset.emplace(*table_, session.wide());
  if (dialect.paged()) page_ = rowsets_[0]->capacity() * kPageRowsets;
  opened_ = true;
  return query(session);
}

Diagnosis Scan::query(Session& session) {
  std::vector<Parameter> parameters;
  std::string where;
  if (range_.from) {
    const Column& first = table_->columns[table_->order[0]];
    where = session.dialect().quote(first.name) + (range_.from->empty() ? " IS NOT NULL" : " >= " + first.parameter);
    if (!range_.from->empty()) parameters.push_back({*range_.from, false});
  }
  if (range_.after) {
    const Condition rest = behind(*table_, session.dialect());
    where += (where.empty() ? "" : " AND ") + rest.sql;
    for (const std::size_t place : rest.parameters) {
      parameters.push_back({(*range_.after)[place], table_->columns[table_->order[place]].carry == Carry::bytes});
    }
  }
  rows_in_page_ = 0;
  return session.execute(scan_query(*table_, session.dialect(), where, page_, keyless_), parameters, statement_);
}

Diagnosis Scan::fetch(Session& session, Rowset& into, bool& end) {
  if (!into.bind(statement_.get())) return diagnose(SQL_HANDLE_STMT, statement_.get());
  if (Diagnosis failed = session.fetch(statement_, end); !failed.ok()) return failed;
  if (end) into.clear();
  rows_in_page_ += into.rows();
  into.measure(lengths_);
  return {};
}

Diagnosis Scan::run(Session& session, std::size_t most, const Link::Beat& beat) {
  // The one that is being read is not free.
  const auto free = [this] { return filled_.load(std::memory_order_relaxed) + 1 < taken_.load(std::memory_order_acquire) + kRing; };
  for (; most > 0 && free(); --most) {
    if (Diagnosis failed = advance(session); !failed.ok()) return failed;
    if (broken_off_) return {};
    filled_.fetch_add(1, std::memory_order_release);
    beat();
    if (complete_) return {};
  }
  return {};
}

/// Fetches the next rows into the next row set; none when there are no more.
Diagnosis Scan::advance(Session& session) {
  if (opened_ && session_.get() != &session) break_off();
  if (!opened_) {
    if (Diagnosis failed = open(session); !failed.ok()) return failed;
  }
  if (Diagnosis failed = session.still_there(); !failed.ok()) return failed;
  Rowset& into = *rowsets_[filled_.load(std::memory_order_relaxed) % kRing];
  into.fit(lengths_);
  if (complete_ || broken_off_) return {};
  bool end = false;
  if (Diagnosis failed = fetch(session, into, end); !failed.ok()) return failed;
  if (end && page_ > 0 && rows_in_page_ == page_) {
    if (Diagnosis failed = query(session); !failed.ok()) return failed;
    if (Diagnosis failed = fetch(session, into, end); !failed.ok()) return failed;
  }
  complete_ = end;
  if (end) close();
  note_last(into);
  return {};
}

void Scan::close() {
  statement_ = {};
  if (session_ != nullptr) session_->end();
  session_.reset();
}

void Scan::break_off() {
  if (complete_) return;
  broken_off_ = true;
  close();
}

const Rowset& Scan::turn() { return *rowsets_[taken_.fetch_add(1, std::memory_order_release) % kRing]; }

void Scan::note_last(const Rowset& rows) {
  for (std::size_t row = rows.rows(); row-- > 0;) {
    const std::size_t odd = rows.odd(row);
    std::vector<std::string> last(table_->order.size());
    std::string storage;
    const auto known = [&](std::size_t place) {
      const std::size_t at = table_->order[place];
      Cell cell;
      return at + 1 != odd && rows.cell(row, at, storage, cell) == Rowset::Fit::whole && parameter_text(table_->columns[at], cell, last[place]);
    };
    std::size_t place = 0;
    while (place < last.size() && known(place)) ++place;
    if (place < last.size()) continue;
    range_.after = std::move(last);
    keyless_ = rows.rows() - 1 - row;
    return;
  }
  keyless_ += rows.rows();
}

}  // namespace meshgate::odbc
