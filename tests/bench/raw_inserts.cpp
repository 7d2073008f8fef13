// The rows of one table of a mirror, inserted into a fresh SQLite file by a loop that does nothing else: the same table, the same pragmas,
// transactions of the same size. Usage: raw_inserts MIRROR TABLE INTO ROWS_PER_TRANSACTION
#include <memory>
#include <string>
#include <vector>

#include "gateway/device/sqlite.hpp"
#include "tests/bench/spent.hpp"

namespace meshgate::device {
namespace {

struct Rows {
  std::string create;
  std::string insert;
  std::vector<std::vector<Cell>> cells;
  std::vector<std::unique_ptr<std::string>> texts;
};

template <class T>
T must(Result<T> result) {
  if (!result) bench::stop("raw_inserts: " + result.error().message);
  return std::move(*result);
}
void must(const Status& status) {
  if (!status) bench::stop("raw_inserts: " + status.error().message);
}

Rows load(const std::string& path, const std::string& table) {
  Rows out;
  const auto from = must(Database::open(path));
  out.create = must(from->text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = '" + table + "'"));
  const auto width = must(from->integer("SELECT count(*) FROM pragma_table_info('" + table + "')"));
  out.insert = "INSERT INTO " + quoted(table) + " VALUES(?";
  for (std::int64_t i = 1; i < width; ++i) out.insert += ",?";
  out.insert += ")";
  Statement select = must(from->prepare("SELECT * FROM " + quoted(table) + " ORDER BY rowid"));
  while (must(select.step())) {
    auto& row = out.cells.emplace_back();
    for (int i = 0; i < static_cast<int>(width); ++i) {
      Cell cell = select.cell(i);
      if (!cell.text.empty()) cell.text = *out.texts.emplace_back(std::make_unique<std::string>(cell.text));
      row.push_back(cell);
    }
  }
  return out;
}

void insert_all(const Rows& rows, const std::string& path, std::size_t per_transaction) {
  const auto into = must(Database::open(path));
  must(into->run(rows.create));
  Statement insert = must(into->prepare(rows.insert));
  for (std::size_t i = 0; i < rows.cells.size(); ++i) {
    if (i % per_transaction == 0) must(into->run(i == 0 ? "BEGIN IMMEDIATE" : "COMMIT; BEGIN IMMEDIATE"));
    for (std::size_t at = 0; at < rows.cells[i].size(); ++at) insert.bind(static_cast<int>(at + 1), rows.cells[i][at]);
    must(insert.run());
  }
  must(into->run("COMMIT"));
}

}  // namespace
}  // namespace meshgate::device

int main(int count, char** words) {
  using namespace meshgate;
  if (count != 5) bench::stop("usage: raw_inserts MIRROR TABLE INTO ROWS_PER_TRANSACTION");
  const auto rows = device::load(words[1], words[2]);
  const bench::Watch watch;
  device::insert_all(rows, words[3], std::stoull(words[4]));
  watch.print(rows.cells.size());
  return 0;
}
