#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <thread>

#include "tests/contract/harness.hpp"
#include "tests/integration/odbc/sql.hpp"

namespace meshgate::contract {

namespace {

using odbc_test::Kind;
using odbc_test::Sql;

ingest::Settings as_settings(const odbc_test::Settings& from) {
  ingest::Settings out;
  for (const auto& [name, value] : from) out.push_back({name, value});
  return out;
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  return out;
}

/// One table in a database of tests/services, or in a file of its own.
class OdbcHarness : public Harness {
 public:
  explicit OdbcHarness(Kind kind) : kind_(kind) {
    static int made = 0;
    table_ = "contract_" + std::to_string(::getpid()) + "_" + std::to_string(++made);
    if (kind_ == Kind::sqlite) {
      std::string pattern = (std::filesystem::temp_directory_path() / "meshgate-odbc-XXXXXX").string();
      if (::mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "no temporary folder";
      folder_ = pattern;
    }
    settings_ = odbc_test::settings_of(kind_, folder_ + "/test.db");
    sql_ = std::make_unique<Sql>(settings_);
    const std::string text = kind_ == Kind::mariadb ? "LONGTEXT CHARACTER SET utf8mb4" : "TEXT";
    sql_->run("CREATE TABLE " + table_ + " (id BIGINT PRIMARY KEY, name " + text + ", total " + (kind_ == Kind::postgresql ? "NUMERIC" : "DECIMAL(20,2)") + ")");
    if (kind_ == Kind::postgresql) sql_->run("ALTER TABLE " + table_ + " ALTER total TYPE NUMERIC");
  }
  ~OdbcHarness() override {
    unblock();
    start_source();
    if (kind_ != Kind::sqlite) sql_->run("DROP TABLE IF EXISTS " + table_);
    sql_.reset();
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }

  [[nodiscard]] std::string plugin() const override { return MESHGATE_PLUGIN; }
  [[nodiscard]] ingest::Settings connection() const override { return as_settings(settings_); }
  [[nodiscard]] ingest::Settings stream() const override { return {{"table", table_}}; }
  [[nodiscard]] ingest::Settings followed_stream() const override { return {{"table", table_}, {"track", "id"}, {"sweep", "300ms"}}; }
  [[nodiscard]] std::string stream_name() const override {
    return (kind_ == Kind::sqlite ? "" : kind_ == Kind::postgresql ? "public." : "meshgate_test.") + table_;
  }
  [[nodiscard]] std::vector<WrongSettings> wrong_settings() const override {
    const auto changed = [&](std::string_view name, std::string_view value) {
      auto out = connection();
      for (auto& setting : out) {
        if (setting.name == name) setting.value = value;
      }
      return out;
    };
    std::vector<WrongSettings> out = {
        {"no such driver", changed("driver", "MariaDB Nowhere"), stream(), "MariaDB Nowhere"},
        {"a driver of another database", changed("driver", "Oracle"), stream(), "Oracle"},
        {"no such table", connection(), {{"table", "no_such_table"}}, "no_such_table"},
        {"no table name", connection(), {{"table", "a..b"}}, "a..b"},
        {"no such column", connection(), {{"table", table_}, {"columns", "colour"}}, "colour"},
        {"no such key", connection(), {{"table", table_}, {"key", "colour"}}, "colour"},
        {"no such database", changed("database", "/nowhere/at.all"), stream(), "/nowhere/at.all"},
    };
    if (kind_ != Kind::sqlite) out.push_back({"no such host", changed("server", "no.such.host.invalid"), stream(), "no.such.host.invalid"});
    return out;
  }

  void insert(const std::vector<Row>& rows) override {
    for (const Row& row : rows) {
      sql_->run("INSERT INTO " + table_ + " VALUES (" + std::to_string(row.id) + ", " + text(row.name) + ", " + number(row.total) + ")");
    }
  }
  void update(const Row& row) override {
    sql_->run("UPDATE " + table_ + " SET name = " + text(row.name) + ", total = " + number(row.total) + " WHERE id = " + std::to_string(row.id));
  }
  void erase(std::int64_t id) override { sql_->run("DELETE FROM " + table_ + " WHERE id = " + std::to_string(id)); }
  bool insert_bad(std::int64_t id) override {
    if (kind_ == Kind::mariadb) return false;  // every DECIMAL it takes is exact
    const std::string value = kind_ == Kind::sqlite ? "X'00'" : "'NaN'";
    sql_->run("INSERT INTO " + table_ + " VALUES (" + std::to_string(id) + ", 'bad', " + value + ")");
    return true;
  }

  void stop_source() override {
    if (kind_ == Kind::sqlite) {
      std::filesystem::rename(folder_ + "/test.db", folder_ + "/away.db");
    } else {
      sql_->run("ALTER TABLE " + table_ + " RENAME TO " + table_ + "_away");
    }
    stopped_ = true;
  }
  void start_source() override {
    if (!std::exchange(stopped_, false)) return;
    if (kind_ == Kind::sqlite) {
      std::filesystem::rename(folder_ + "/away.db", folder_ + "/test.db");
    } else {
      sql_->run("ALTER TABLE " + table_ + "_away RENAME TO " + table_);
    }
  }
  bool block_reads() override {
    // SQLite has no way to ask from outside whether a reader waits.
    if (kind_ == Kind::sqlite) return false;
    blocker_ = std::make_unique<Sql>(settings_);
    if (kind_ == Kind::postgresql) {
      blocker_->run("BEGIN");
      blocker_->run("LOCK TABLE " + table_ + " IN ACCESS EXCLUSIVE MODE");
    } else {
      blocker_->run("LOCK TABLES " + table_ + " WRITE");
    }
    return true;
  }
  void wait_until_blocked() override {
    const std::string waiting = kind_ == Kind::postgresql
                                    ? "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = CAST('" + table_ + "' AS regclass)"
                                    : "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for table%' AND INFO LIKE '%" + table_ + "%'";
    while (sql_->run(waiting) == "0") std::this_thread::yield();
  }

 private:
  void unblock() {
    if (blocker_ == nullptr) return;
    blocker_->run(kind_ == Kind::postgresql ? "ROLLBACK" : "UNLOCK TABLES");
    blocker_.reset();
  }
  [[nodiscard]] std::string text(const std::optional<std::string>& value) const {
    if (!value) return "NULL";
    if (kind_ == Kind::postgresql) return "convert_from(decode('" + hex(*value) + "', 'hex'), 'UTF8')";
    if (kind_ == Kind::mariadb) return "CONVERT(X'" + hex(*value) + "' USING utf8mb4)";
    return "CAST(X'" + hex(*value) + "' AS TEXT)";
  }
  static std::string number(const std::optional<std::string>& value) { return value.value_or("NULL"); }

  Kind kind_;
  std::string table_;
  std::string folder_;
  odbc_test::Settings settings_;
  std::unique_ptr<Sql> sql_;
  std::unique_ptr<Sql> blocker_;
  bool stopped_ = false;
};

HarnessKind harness_of(std::string name, Kind kind) {
  return {std::move(name), [kind] { return std::make_unique<OdbcHarness>(kind); }};
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Odbc, ConnectorContract,
                         testing::Values(harness_of("Sqlite", Kind::sqlite), harness_of("PostgreSql", Kind::postgresql), harness_of("MariaDb", Kind::mariadb)), kind_name);

}  // namespace meshgate::contract
