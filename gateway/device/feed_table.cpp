#include "gateway/device/feed_table.hpp"

#include <algorithm>

namespace meshgate::device {

namespace {

/// ", "a", "b"" with `before` and `after` around each name.
std::string listed(const Columns& columns, std::string_view after) {
  std::string out;
  for (const Column& column : columns.all()) out.append(",").append(quoted(column.name)).append(after);
  return out;
}

std::string declarations(const Columns& columns) {
  std::string out;
  for (const Column& column : columns.all()) out.append(", ").append(quoted(column.name)).append(" ").append(declared(column.type));
  return out;
}

std::string placeholders(std::size_t count) {
  std::string out = "?1";
  for (std::size_t i = 2; i <= count; ++i) out.append(",?").append(std::to_string(i));
  return out;
}

std::string assignments(const Columns& columns) {
  std::string out = "_rev=?2,_seq=?3,_content=?4";
  std::size_t at = 5;
  for (const Column& column : columns.all()) out.append(",").append(quoted(column.name)).append("=?").append(std::to_string(at++));
  return out;
}

}  // namespace

Status FeedTable::create(Database& database, const std::string& table, const Columns& columns) {
  return database.run("CREATE TABLE " + quoted(table) +
                      " (_id TEXT PRIMARY KEY NOT NULL, _rev TEXT NOT NULL, _seq INTEGER NOT NULL, _content TEXT" + declarations(columns) +
                      ")");
}

Result<FeedTable> FeedTable::open(Database& database, const std::string& table, Columns columns) {
  FeedTable out;
  out.database_ = &database;
  out.table_ = table;
  out.columns_ = std::make_shared<const Columns>(std::move(columns));
  out.cells_.resize(out.columns_->all().size());
  const std::string name = quoted(table);
  const std::string names = listed(*out.columns_, "");
  const struct {
    Statement FeedTable::*into;
    std::string sql;
  } all[] = {
      {&FeedTable::insert_, "INSERT INTO " + name + "(_id,_rev,_seq,_content" + names + ") VALUES(" +
                                placeholders(4 + out.columns_->all().size()) + ") ON CONFLICT(_id) DO NOTHING"},
      {&FeedTable::update_, "UPDATE " + name + " SET " + assignments(*out.columns_) + " WHERE _id=?1"},
      {&FeedTable::find_, "SELECT _rev,_seq,_content IS NULL FROM " + name + " WHERE _id=?1"},
      {&FeedTable::set_seq_, "UPDATE " + name + " SET _seq=?2 WHERE _id=?1"},
      {&FeedTable::set_rev_, "UPDATE " + name + " SET _rev=?2 WHERE _id=?1"},
      {&FeedTable::remove_, "DELETE FROM " + name + " WHERE _id=?1"},
      {&FeedTable::read_, "SELECT rowid,_id,_rev,_content" + names + " FROM " + name + " WHERE rowid>?1 ORDER BY rowid LIMIT ?2"},
  };
  for (const auto& [into, sql] : all) {
    auto statement = database.prepare(sql);
    if (!statement) return std::move(statement).error();
    out.*into = std::move(*statement);
  }
  return out;
}

void FeedTable::bind_row(Statement& statement, const NewRow& row) {
  if (row.split_by == columns_.get()) return bind_cells(statement, row, row.cells, row.plain);
  texts_.clear();
  std::fill(cells_.begin(), cells_.end(), Cell{});
  const bool plain = columns_->split(row.content, cells_, texts_);
  bind_cells(statement, row, cells_, plain);
}

void FeedTable::bind_cells(Statement& statement, const NewRow& row, std::span<const Cell> cells, bool plain) {
  statement.bind(1, row.id);
  statement.bind(2, row.rev);
  statement.bind(3, static_cast<std::int64_t>(number(row.seq)));
  statement.bind(4, plain ? Cell{} : Cell::of_text(row.content));
  int at = 5;
  for (const Cell& cell : cells) statement.bind(at++, cell);
}

Result<bool> FeedTable::insert(const NewRow& row) {
  bind_row(insert_, row);
  if (auto done = insert_.run(); !done) return std::move(done).error();
  return database_->changes() == 1;
}

Status FeedTable::update(const NewRow& row) {
  bind_row(update_, row);
  return update_.run();
}

Result<std::optional<Kept>> FeedTable::find(std::string_view id) {
  find_.bind(1, id);
  auto row = find_.step();
  if (!row) return std::move(row).error();
  if (!*row) return std::optional<Kept>();
  Kept kept{find_.text(0), find_.integer(1), find_.integer(2) != 0};
  find_.reset();
  return std::optional<Kept>(std::move(kept));
}

Status FeedTable::set_seq(std::string_view id, Seq seq) {
  set_seq_.bind(1, id);
  set_seq_.bind(2, static_cast<std::int64_t>(number(seq)));
  return set_seq_.run();
}

Status FeedTable::set_rev(std::string_view id, std::string_view rev) {
  set_rev_.bind(1, id);
  set_rev_.bind(2, rev);
  return set_rev_.run();
}

Status FeedTable::remove(std::string_view id) {
  remove_.bind(1, id);
  return remove_.run();
}

FeedTable::Seen FeedTable::current() {
  Seen out;
  out.rowid = read_.integer(0);
  out.id = read_.cell(1).text;
  out.rev = read_.cell(2).text;
  const Cell whole = read_.cell(3);
  out.content = whole.text;
  if (whole.kind != Cell::Kind::null) return out;
  for (std::size_t i = 0; i < cells_.size(); ++i) cells_[i] = read_.cell(static_cast<int>(4 + i));
  content_.clear();
  columns_->append_content(content_, cells_);
  out.content = content_;
  return out;
}

}  // namespace meshgate::device
