#include "gateway/device/widen.hpp"

#include <algorithm>
#include <set>
#include <vector>

namespace meshgate::device {

namespace {

constexpr std::size_t kMostColumns = 1900;
constexpr std::int64_t kChunk = 2000;

bool same(const Columns& a, const Columns& b) {
  return std::equal(a.all().begin(), a.all().end(), b.all().begin(), b.all().end(), [](const Column& left, const Column& right) {
    return left.field == right.field && left.name == right.name && left.type == right.type;
  });
}

/// The columns to go on with when fields have changed their type: their old columns are let go of, new ones are found.
Columns without_changed(const Columns& have, const Schema& schema) {
  std::vector<Column> kept;
  for (const Column& column : have.all()) {
    const Field* field = schema.find(column.field);
    if (field == nullptr || field->type == column.type) kept.push_back(column);
  }
  return Columns(std::move(kept));
}

struct Whole {
  std::string id;
  std::string rev;
  std::int64_t seq = 0;
  std::string content;
};

/// Keeps the whole content of rows that have a value in a column that will be let go of.
Status keep_whole(Database& database, MirroredFeed& feed, const std::string& condition) {
  std::vector<Whole> rows;
  std::int64_t after = INT64_MIN;
  auto update =
      database.prepare("UPDATE " + quoted(feed.name) + " SET _content=?2 WHERE _id=?1 AND _content IS NULL AND (" + condition + ")");
  if (!update) return std::move(update).error();
  for (bool more = true; more;) {
    rows.clear();
    auto last = feed.table.each(after, kChunk, [&](const FeedTable::Seen& row) {
      rows.push_back({std::string(row.id), {}, 0, std::string(row.content)});
    });
    if (!last) return std::move(last).error();
    for (const Whole& row : rows) {
      update->bind(1, row.id);
      update->bind(2, row.content);
      if (auto done = update->run(); !done) return done;
    }
    more = !rows.empty();
    after = *last;
  }
  return {};
}

Status let_go(Database& database, MirroredFeed& feed, const Columns& next) {
  std::string condition;
  std::string nulls;
  for (const Column& column : feed.table.columns().all()) {
    const Column* kept = next.find(column.field);
    if (kept != nullptr && kept->name == column.name) continue;
    condition.append(condition.empty() ? "" : " OR ").append(quoted(column.name)).append(" IS NOT NULL");
    nulls.append(nulls.empty() ? "" : ",").append(quoted(column.name)).append("=NULL");
  }
  if (condition.empty()) return {};
  if (auto done = keep_whole(database, feed, condition); !done) return done;
  return database.run("UPDATE " + quoted(feed.name) + " SET " + nulls + " WHERE " + condition);
}

Result<std::vector<Whole>> whole_rows(Database& database, const MirroredFeed& feed, std::string_view after) {
  auto rows = database.prepare("SELECT _id,_rev,_seq,_content FROM " + quoted(feed.name) +
                               " WHERE _content IS NOT NULL AND _id>?1 ORDER BY _id LIMIT " + std::to_string(kChunk));
  if (!rows) return std::move(rows).error();
  rows->bind(1, after);
  std::vector<Whole> out;
  for (;;) {
    auto row = rows->step();
    if (!row) return std::move(row).error();
    if (!*row) return out;
    out.push_back({rows->text(0), rows->text(1), rows->integer(2), rows->text(3)});
  }
}

/// Splits kept contents into the columns there are now.
Status split_again(Database& database, MirroredFeed& feed) {
  std::string after;
  for (;;) {
    auto rows = whole_rows(database, feed, after);
    if (!rows) return std::move(rows).error();
    if (rows->empty()) return {};
    for (const Whole& row : *rows) {
      if (auto done = feed.table.update({row.id, row.rev, Seq{static_cast<std::uint64_t>(row.seq)}, row.content}); !done) return done;
    }
    after = rows->back().id;
  }
}

Status add_columns(Database& database, const MirroredFeed& feed, const Columns& next) {
  for (const Column& column : next.all()) {
    const auto& have = feed.table.columns().all();
    const bool there = std::any_of(have.begin(), have.end(), [&](const Column& old) { return old.name == column.name; });
    if (there) continue;
    auto done =
        database.run("ALTER TABLE " + quoted(feed.name) + " ADD COLUMN " + quoted(column.name) + " " + std::string(declared(column.type)));
    if (!done) return done;
  }
  return {};
}

/// The names of all columns of the table, also of those that no field uses any more.
Result<std::set<std::string>> names(Database& database, const MirroredFeed& feed) {
  auto rows = database.prepare("SELECT name FROM pragma_table_info(?1)");
  if (!rows) return std::move(rows).error();
  rows->bind(1, feed.name);
  std::set<std::string> out;
  for (;;) {
    auto row = rows->step();
    if (!row) return std::move(row).error();
    if (!*row) return out;
    out.insert(folded(rows->text(0)));
  }
}

}  // namespace

Status widen_table(Database& database, Ledger& ledger, MirroredFeed& feed, const Schema& schema) {
  auto taken = names(database, feed);
  if (!taken) return std::move(taken).error();
  Columns next = widened(without_changed(feed.table.columns(), schema), schema, std::move(*taken));
  if (same(next, feed.table.columns())) return {};
  if (next.all().size() > kMostColumns) {
    return Error{Code::unsupported, database.path() + ": feed " + feed.name + " has had " + std::to_string(next.all().size()) +
                                        " fields, a table takes " + std::to_string(kMostColumns) + "; mirror again into a new file"};
  }
  if (auto done = let_go(database, feed, next); !done) return done;
  if (auto done = add_columns(database, feed, next); !done) return done;
  if (auto done = ledger.save_columns(feed, next); !done) return done;
  auto table = FeedTable::open(database, feed.name, std::move(next));
  if (!table) return std::move(table).error();
  feed.table = std::move(*table);
  return split_again(database, feed);
}

}  // namespace meshgate::device
