#include "connectors/odbc/connection.hpp"

#include <odbcinst.h>

#include <algorithm>
#include <array>
#include <map>

#include "connectors/odbc/statement.hpp"
#include "connectors/odbc/stream.hpp"
#include "connectors/odbc/table.hpp"
#include "connectors/odbc/text.hpp"

namespace meshgate::odbc {

namespace {

constexpr mg_option kConnectionOptions[] = {
    sdk::option({.name = "driver", .help = "The ODBC driver: a name that `odbcinst -q -d` lists, or the path of its library."}),
    sdk::option({.name = "dsn", .help = "Instead of `driver`: a data source of odbc.ini."}),
    sdk::option({.name = "server", .help = "Host of the database."}),
    sdk::option({.name = "port", .type = MG_OPTION_INTEGER, .help = "Port of the database; none: the database's usual one."}),
    sdk::option({.name = "database", .help = "Name of the database; for SQLite the file."}),
    sdk::option({.name = "uid", .help = "User who logs in."}),
    sdk::option({.name = "pwd", .help = "The user's password.", .secret = true}),
    sdk::option({.name = "timeout", .type = MG_OPTION_DURATION, .help = "How long the database may take to log in or to answer one call.", .fallback = "30s"}),
    sdk::option({.name = "*", .help = "Any other keyword is handed to the driver as it is.", .any_name = true}),
};

constexpr mg_option kStreamOptions[] = {
    sdk::option({.name = "table", .help = "Table or view: `name`, `schema.name`, with \"double quotes\" around a part that has a dot in it.", .stream_name = true}),
    sdk::option({.name = "key", .type = MG_OPTION_LIST, .help = "Columns that tell rows apart, where there is no primary key."}),
    sdk::option({.name = "columns", .type = MG_OPTION_LIST, .help = "Columns to read besides the key; none named: all."}),
    sdk::option({.name = "track", .help = "How changes are found: by a column that every insert and update sets to a time or a growing number; by `journal`: triggers that "
                                          "`meshgate journal install` makes; or `scan`: all rows are read and compared. None: chosen, and said."}),
    sdk::option({.name = "zone", .help = "In which zone the tracked column's times are, where they have none of their own: UTC, +01:00."}),
    sdk::option({.name = "overlap", .help = "How far behind the newest a tracked value may still be committed: a duration or, for numbers, a number. Needed where open "
                                            "transactions cannot be seen, or values are taken before a transaction."}),
    sdk::option({.name = "sweep", .help = "How often a tracked table's keys are read, to find deletes: a duration or `never`. None: every minute, or so that it takes a twentieth of "
                                          "the time.", .pace = true}),
    sdk::option({.name = "verify", .help = "How often all rows of a tracked table are read and compared: a duration or `never`.", .fallback = "24h", .pace = true}),
    sdk::option({.name = "keep", .type = MG_OPTION_DURATION, .help = "How long a journal keeps its entries for this feed while nobody reads it.", .fallback = "7d", .pace = true}),
    sdk::option({.name = "query", .help = "Instead of `table`: a SELECT whose rows are read; it needs `key`."}),
};

constexpr std::chrono::milliseconds kLastMoment{1000};
/// Tables with such a name are made by us, in the database of others.
constexpr std::string_view kOurTables = "meshgate_journal";
constexpr std::string_view kOurs[] = {"driver", "dsn", "timeout"};

std::string installed_drivers() {
  std::array<char, 4096> names{};
  WORD size = 0;
  std::string out;
  if (SQLGetInstalledDrivers(names.data(), names.size(), &size) == 0) return out;
  for (const char* at = names.data(); at < names.data() + size && *at != '\0'; at += std::string_view(at).size() + 1) {
    out += (out.empty() ? "" : ", ") + std::string(at);
  }
  return out;
}

std::string driver_of_dsn(const std::string& dsn) {
  std::array<char, 512> driver{};
  SQLGetPrivateProfileString(dsn.c_str(), "Driver", "", driver.data(), driver.size(), "odbc.ini");
  return driver.data();
}

std::string setting(const sdk::Settings& settings, std::string_view name) {
  for (const auto& [key, value] : settings.all()) {
    if (same_word(key, name)) return value;
  }
  return {};
}

Place make_place(const sdk::Settings& settings, const Target& target, const std::string& driver) {
  Place out;
  out.driver = driver;
  out.installed = installed_drivers();
  out.database = setting(settings, "database");
  out.user = setting(settings, "uid");
  const std::string server = setting(settings, "server");
  const std::string port = setting(settings, "port");
  out.server = server.empty() ? setting(settings, "dsn") : server;
  if (!port.empty()) out.server += ":" + port;
  if (target.dialect->engine() == Engine::sqlite && server.empty()) out.server = out.database;
  return out;
}

sdk::Status choose_driver(const sdk::Settings& settings, std::string& driver) {
  const std::string dsn = settings.text("dsn");
  driver = settings.text("driver");
  if (driver.empty() == dsn.empty()) {
    return sdk::failure(MG_CONFIG, "name either `driver` or `dsn`; drivers installed here: " + installed_drivers());
  }
  if (driver.empty()) driver = driver_of_dsn(dsn);
  if (driver.empty()) return sdk::failure(MG_CONFIG, "there is no data source '" + dsn + "' in odbc.ini: add it, or name `driver`");
  return {};
}

sdk::Status read_interval(const sdk::Settings& settings, std::string_view name, std::optional<std::chrono::milliseconds>& out) {
  const std::string text = settings.text(name);
  const auto interval = parse_interval(text);
  if (text.empty() || interval) return interval ? (out = interval->every, sdk::Status{}) : sdk::Status{};
  return sdk::failure(MG_CONFIG, "`" + std::string(name) + ": " + text + "` is no interval: write a duration, as in `5m`, or `never`");
}

}  // namespace

TableWish table_wish(const sdk::Settings& settings) {
  return {.table = settings.text("table"), .query = {}, .key = settings.list("key"), .columns = settings.list("columns"), .track = {}};
}

namespace {

sdk::Status read_track(const sdk::Settings& settings, TrackWish& out) {
  out.track = settings.text("track");
  out.zone = settings.text("zone");
  out.overlap = settings.text("overlap");
  if (out.track == kJournalTrack) out.schedule.sweep = kJournalSweep;
  out.keep = settings.duration("keep", out.keep);
  out.schedule.sweep_by_cost = !settings.has("sweep");
  if (sdk::Status failed = read_interval(settings, "sweep", out.schedule.sweep); !failed.ok()) return failed;
  return read_interval(settings, "verify", out.schedule.verify);
}

}  // namespace

std::span<const mg_option> connection_options() { return kConnectionOptions; }
std::span<const mg_option> stream_options() { return kStreamOptions; }

sdk::Status make_target(const sdk::Settings& settings, std::shared_ptr<const Target>& out) {
  std::string driver;
  if (sdk::Status failed = choose_driver(settings, driver); !failed.ok()) return failed;
  auto target = std::make_shared<Target>();
  target->dialect = dialect_for_driver(driver);
  if (target->dialect == nullptr) {
    return sdk::failure(MG_CONFIG, "the driver '" + driver + "' is none of those this connector reads exactly (PostgreSQL, MariaDB, SQLite); drivers installed here: " + installed_drivers());
  }
  target->timeout = std::max(settings.duration("timeout", target->timeout), std::chrono::milliseconds(1));
  ConnectionString fields;
  const std::string dsn = settings.text("dsn");
  fields.set(dsn.empty() ? "DRIVER" : "DSN", dsn.empty() ? driver : dsn);
  for (const auto& [name, value] : settings.all()) {
    if (std::ranges::find(kOurs, name) != std::end(kOurs)) continue;
    fields.set(name, value);
    if (is_secret(name)) target->mask.add(value);
  }
  target->dialect->add_defaults(fields, target->timeout.count());
  if (const std::string fault = fields.fault(target->dialect->braces()); !fault.empty()) return sdk::failure(MG_CONFIG, target->mask.apply(fault));
  target->connection_string = fields.text(target->dialect->braces());
  target->mask.add(target->connection_string);
  target->place = make_place(settings, *target, driver);
  out = std::move(target);
  return {};
}

sdk::Status DatabaseConnection::open(const sdk::Host&, const sdk::Settings& settings, std::unique_ptr<sdk::Connection>& out) {
  std::shared_ptr<const Target> target;
  if (sdk::Status failed = make_target(settings, target); !failed.ok()) return failed;
  out = std::make_unique<DatabaseConnection>(std::move(target), settings);
  return {};
}

DatabaseConnection::~DatabaseConnection() { signal_->wait_for_those_apart(signal_->end_of(kLastMoment)); }

sdk::Status DatabaseConnection::check() {
  Link link(target_, signal_);
  return target_->status(link.call([](Session& session) {
    std::int64_t clock = 0;
    return session.one_number(session.dialect().clock_query(), clock);
  }));
}

sdk::Status DatabaseConnection::discover(sdk::Catalog& catalog) {
  struct Found {
    std::vector<std::vector<std::string>> tables;
    std::vector<std::vector<std::string>> columns;
  };
  Link link(target_, signal_);
  auto found = std::make_shared<Found>();
  const Diagnosis said = link.call([found, names_only = catalog.names_only()](Session& session) {
    Diagnosis failed = session.texts(session.dialect().tables_query(), found->tables);
    return names_only || !failed.ok() ? failed : session.texts(session.dialect().columns_query(std::nullopt), found->columns);
  });
  if (!said.ok()) return target_->status(said);
  std::map<std::string, sdk::Columns> columns;
  each_table(*target_->dialect, found->columns, [&](const Table& table) { return columns.emplace(table.name, announce(table)), true; });
  for (const std::vector<std::string>& row : found->tables) {
    if (row.size() != 3 || row[1].starts_with(kOurTables)) continue;
    const std::string plain = (row[0].empty() ? "" : row[0] + ".") + row[1];
    const std::string name = written({row[0], row[1]});
    if (!catalog.stream({.name = name, .group = row[0], .title = row[1], .own = row[2] == "1"}, columns[plain].all())) break;
  }
  return {};
}

sdk::Status DatabaseConnection::open_stream(const sdk::Settings& settings, std::string_view reader, std::unique_ptr<sdk::Stream>& out) {
  TableWish wish = table_wish(settings);
  if (settings.has("table") && settings.has("query")) return sdk::failure(MG_CONFIG, "`table` and `query` exclude each other: take one of them away");
  if (wish.table.empty() && !settings.has("query")) return sdk::failure(MG_CONFIG, "`table` is missing: name the table to read, or write a `query`");
  if (settings.has("query")) {
    if (settings.text("track") == kJournalTrack) return sdk::failure(MG_CONFIG, "`track: journal` is for a table, not for a `query`: triggers fill a journal of one table");
    if (sdk::Status failed = read_statement(target_->dialect->engine(), settings.text("query"), wish.query); !failed.ok()) return failed;
  }
  TrackWish track;
  if (sdk::Status failed = read_track(settings, track); !failed.ok()) return failed;
  if (track.track != "scan" && track.track != kJournalTrack) wish.track = track.track;
  auto stream = std::make_unique<TableStream>(target_, signal_, std::move(wish), std::move(track), reader);
  if (sdk::Status failed = stream->open(); !failed.ok()) return failed;
  out = std::move(stream);
  return {};
}

}  // namespace meshgate::odbc
