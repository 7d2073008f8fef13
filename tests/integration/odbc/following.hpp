#pragma once

#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <map>
#include <set>

#include "tests/integration/odbc/reading.hpp"

namespace meshgate::odbc_test {

/// What a host makes of a followed table: rows by `id`, kept in step by upserts, sweeps and lookups.
class Follower {
 public:
  Follower(const Settings& connection, Settings stream, std::string reader = {}) : connection_(connection), stream_(std::move(stream)), reader_(std::move(reader)) { reopen(); }

  /// As after a kill: nothing is left but the Position.
  void reopen() {
    source_ = std::make_unique<Source>(connection_);
    if (source_->open(stream_, reader_) != MG_OK) ADD_FAILURE() << source_->message();
    scanning_ = false;
  }
  /// One read; true: nothing more at present.
  bool step(mg_limits limits = generous()) {
    Emitted out;
    const std::int32_t code = source_->read(out, position, limits);
    if (code == MG_GONE) {
      why_gone = source_->message();
      position.clear();
      scanning_ = false;
      return false;
    }
    if (code == MG_RETRY) {  // nothing of it counts; the limit of the test ends it if it goes on so
      std::cerr << source_->message() << '\n';
      return false;
    }
    if (code != MG_OK) {
      ADD_FAILURE() << source_->message();
      return true;
    }
    flags = source_->progress().flags;
    if ((flags & MG_SCAN_BEGAN) != 0) seen_.clear(), scanning_ = true, ++scans;
    take(out);
    if ((flags & MG_SCANNING) == 0) ++polls;
    if ((flags & MG_SCAN_ENDED) != 0) sweep();
    if (source_->progress().as_of_us != 0) as_of = source_->progress().as_of_us;
    names = out.names;
    return (flags & MG_IDLE) != 0;
  }
  /// Until nothing is left to read at present.
  void catch_up() {
    while (!step()) {
    }
  }
  /// All that was read is durable.
  void settle() {
    if (source_->settled(position) != MG_OK) ADD_FAILURE() << source_->message();
  }
  /// Until a sweep or compare that begins from here on is complete.
  void scan() {
    const int before = scans;
    while (scans == before || scanning_) step();
  }
  /// Polls until a row is there as it should be; forever if it never comes, which the test's limit ends.
  void wait_for(std::int64_t id, const std::string& column, const std::string& value) {
    while (!rows.contains(id) || rows[id][column] != value) step();
  }

  std::string position;
  std::map<std::int64_t, std::map<std::string, std::string>> rows;
  std::vector<std::string> names;
  std::uint32_t flags = 0;
  std::int64_t as_of = 0;
  int scans = 0;
  int polls = 0;
  std::size_t scanned = 0;  ///< records with all their values, within scans
  std::size_t present = 0;  ///< keys only
  std::size_t removed = 0;  ///< that the source reported
  std::string why_gone;     ///< what was said when a Position could not be gone on from
  std::size_t late = 0;     ///< records so marked that changed a row

 private:
  void take(const Emitted& out) {
    std::vector<mg_value> unknown;
    for (std::size_t i = 0; i < out.rows.size(); ++i) {
      const std::int64_t id = std::stoll(out.rows[i].at("id"));
      seen_.insert(id);
      if (out.operations[i] == MG_PRESENT) {
        ++present;
        if (!rows.contains(id)) unknown.push_back(sdk::int64_value(id));
        continue;
      }
      if (out.operations[i] == MG_DELETE) {
        removed += rows.erase(id);
        continue;
      }
      if ((flags & MG_SCANNING) != 0) ++scanned;
      if (out.late[i] && rows[id] != out.rows[i]) ++late;
      rows[id] = out.rows[i];
    }
    if (!unknown.empty()) look_up(unknown);
  }
  void look_up(const std::vector<mg_value>& keys) {
    Emitted out;
    EXPECT_EQ(source_->lookup(out, keys, 1), MG_OK) << source_->message();
    take(out);
  }
  void sweep() {
    std::vector<mg_value> missing;
    if (std::exchange(scanning_, false)) {
      for (const auto& [id, row] : rows) {
        if (!seen_.contains(id)) missing.push_back(sdk::int64_value(id));
      }
    }
    if (missing.empty()) return;
    Emitted out;
    EXPECT_EQ(source_->lookup(out, missing, 1), MG_OK) << source_->message();
    take(out);
    for (const mg_value& id : missing) {
      if (!seen_.contains(id.i)) rows.erase(id.i);
    }
  }

  Settings connection_;
  Settings stream_;
  std::string reader_;
  std::unique_ptr<Source> source_;
  std::set<std::int64_t> seen_;
  bool scanning_ = false;
};

/// A table `id, at, note` of its own, in a server of tests/services or a file. `at` is when, in microseconds, by its default.
class TrackedTable {
 public:
  explicit TrackedTable(Kind of, const std::string& type = {}, const std::string& index = "at") : kind(of), name("tracked_" + std::to_string(::getpid()) + "_" + std::to_string(count_++)) {
    if (kind == Kind::sqlite) {
      folder_ = (std::filesystem::temp_directory_path() / name).string();
      std::filesystem::create_directories(folder_);
    }
    settings = settings_of(kind, folder_ + "/test.db");
    sql = std::make_unique<Sql>(settings);
    if (kind == Kind::sqlite) sql->run("PRAGMA journal_mode = WAL");
    const std::string own = type.empty() ? usual() : type;
    const std::string id = kind == Kind::postgresql ? "bigserial PRIMARY KEY" : kind == Kind::mariadb ? "BIGINT AUTO_INCREMENT PRIMARY KEY" : "INTEGER PRIMARY KEY AUTOINCREMENT";
    sql->run("CREATE TABLE " + name + " (id " + id + ", at " + own + ", note VARCHAR(40), total INT)");
    sql->run("CREATE INDEX " + name + "_i ON " + name + " (" + index + ")");
  }
  ~TrackedTable() {
    if (kind != Kind::sqlite) sql->run("DROP TABLE IF EXISTS " + name);
    sql.reset();
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }
  TrackedTable(const TrackedTable&) = delete;
  TrackedTable& operator=(const TrackedTable&) = delete;

  /// The moment that a statement takes, as the column's default does.
  [[nodiscard]] std::string now() const {
    return kind == Kind::postgresql ? "now()" : kind == Kind::mariadb ? "now(6)" : "strftime('%Y-%m-%d %H:%M:%f','now')";
  }
  [[nodiscard]] std::string insert(std::int64_t id, const std::string& note) const {
    return "INSERT INTO " + name + " (id, note) VALUES (" + std::to_string(id) + ", '" + note + "')";
  }
  [[nodiscard]] std::string update(std::int64_t id, const std::string& note) const {
    return "UPDATE " + name + " SET note = '" + note + "', at = " + now() + " WHERE id = " + std::to_string(id);
  }
  [[nodiscard]] std::string erase(std::int64_t id) const { return "DELETE FROM " + name + " WHERE id = " + std::to_string(id); }
  /// Settings of the stream; nothing is gone through as a whole unless the test says so.
  [[nodiscard]] Settings stream(const std::string& track = "at") const { return {{"table", name}, {"track", track}, {"sweep", "never"}, {"verify", "never"}}; }
  /// Microseconds since 1970, by the database's clock.
  [[nodiscard]] static std::int64_t clock(Kind of, Sql& with) {
    const char* query = of == Kind::postgresql ? "SELECT CAST(floor(extract(epoch FROM clock_timestamp()) * 1000000) AS bigint)"
                        : of == Kind::mariadb ? "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)"
                                                : "SELECT CAST(strftime('%s','now') AS INTEGER) * 1000000 + CAST(substr(strftime('%f','now'), 4) AS INTEGER) * 1000";
    return std::stoll(with.run(query));
  }

  const Kind kind;
  const std::string name;
  Settings settings;
  std::unique_ptr<Sql> sql;

 private:
  [[nodiscard]] std::string usual() const {
    if (kind == Kind::postgresql) return "timestamptz DEFAULT now()";
    if (kind == Kind::mariadb) return "TIMESTAMP(6) NULL DEFAULT CURRENT_TIMESTAMP(6)";
    return "TIMESTAMP DEFAULT (strftime('%Y-%m-%d %H:%M:%f','now'))";
  }

  static inline int count_ = 0;
  std::string folder_;
};

inline std::string kind_name(const testing::TestParamInfo<Kind>& info) {
  return info.param == Kind::sqlite ? "Sqlite" : info.param == Kind::postgresql ? "PostgreSql" : "MariaDb";
}

}  // namespace meshgate::odbc_test
