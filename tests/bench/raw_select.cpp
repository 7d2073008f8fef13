// The SELECT of a scan, fetched by array with the connector's driver settings and thrown away: what no reader through this driver can beat.
// Usage: raw_select TABLE [keys] name=value…   (keys: their columns alone; a value "$NAME" is taken from the environment)
#include <cstdlib>
#include <string>
#include <vector>

#include "connectors/odbc/connection.hpp"
#include "connectors/odbc/query.hpp"
#include "connectors/odbc/rowset.hpp"
#include "connectors/odbc/session.hpp"
#include "connectors/odbc/table.hpp"
#include "tests/bench/spent.hpp"

namespace meshgate::odbc {
namespace {

void must(const Diagnosis& said) {
  if (!said.ok()) bench::stop("raw_select: " + said.state + " " + said.text);
}

std::shared_ptr<const Target> target_of(const std::vector<std::string>& words) {
  std::vector<mg_setting> settings;
  std::vector<std::string> parts;
  for (const std::string& word : words) {
    const std::size_t at = word.find('=');
    std::string value = word.substr(at + 1);
    if (value.starts_with("$")) value = std::getenv(value.c_str() + 1) == nullptr ? "" : std::getenv(value.c_str() + 1);
    parts.push_back(word.substr(0, at));
    parts.push_back(std::move(value));
  }
  for (std::size_t i = 0; i < parts.size(); i += 2) {
    settings.push_back({{parts[i].data(), parts[i].size()}, {parts[i + 1].data(), parts[i + 1].size()}});
  }
  std::shared_ptr<const Target> out;
  if (const auto made = make_target(sdk::Settings(settings.data(), settings.size()), out); !made.ok()) bench::stop("raw_select: " + made.message);
  return out;
}

unsigned long long fetch_all(Session& session, const std::string& name, bool keys) {
  std::vector<std::vector<std::string>> rows;
  must(session.texts(session.dialect().columns_query(parse_table_name(name)), rows));
  Table table;
  if (const auto known = describe(session.dialect(), {.table = name, .key = {}, .columns = {}}, rows, table); !known.ok()) {
    bench::stop("raw_select: " + known.message);
  }
  if (keys) table = *keys_of(table);
  must(session.begin());
  Rowset rowset(table, session.wide());
  Statement statement;
  must(session.execute(scan_query(table, session.dialect(), {}, 0), {}, statement));
  Lengths met(table.columns.size());
  unsigned long long count = 0;
  for (bool end = false; !end;) {
    rowset.fit(met);
    if (!rowset.bind(statement.get())) bench::stop("raw_select: the buffers cannot be bound");
    must(session.fetch(statement, end));
    rowset.measure(met);
    if (!end) count += rowset.rows();
  }
  statement = {};
  must(session.end());
  return count;
}

}  // namespace
}  // namespace meshgate::odbc

int main(int count, char** words) {
  using namespace meshgate;
  const bool keys = count > 2 && std::string_view(words[2]) == "keys";
  const int first = keys ? 3 : 2;
  if (count <= first) bench::stop("usage: raw_select TABLE [keys] name=value…");
  const bench::Watch watch;
  const auto session = std::make_shared<odbc::Session>(odbc::target_of({words + first, words + count}));
  odbc::must(session->connect());
  watch.print(odbc::fetch_all(*session, words[1], keys));
  return 0;
}
