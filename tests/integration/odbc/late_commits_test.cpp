// Transactions that take their tracked value while they run and commit late, at random, beside a reader that polls. Whatever was committed
// before the moment that the reader claims to have read must be there.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <random>

#include "tests/integration/odbc/following.hpp"

namespace meshgate::odbc_test {

namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kWriters = 12;
constexpr auto kLongest = milliseconds(3000);  // a transaction; what is trusted without looking is a second

struct Case {
  Kind kind;
  std::string track;
};

std::string case_name(const testing::TestParamInfo<Case>& info) { return kind_name({info.param.kind, 0}) + (info.param.track == "at" ? "Time" : info.param.track == "id" ? "Number" : "Journal"); }

/// Writes rows of its own in transactions that it leaves open.
class Writer {
 public:
  explicit Writer(const TrackedTable& table) : table_(table), sql_(table.settings) {}

  [[nodiscard]] bool open() const { return open_; }
  void begin(Steady::time_point until) {
    sql_.run(table_.kind == Kind::sqlite ? "BEGIN IMMEDIATE" : "BEGIN");
    open_ = true;
    commit_at = until;
  }
  void write(std::mt19937_64& random, bool updates) {
    if (updates && !committed.empty() && random() % 2 == 0) {
      auto one = std::next(committed.begin(), static_cast<std::ptrdiff_t>(random() % committed.size()));
      pending_[one->first] = one->second + 1;
      sql_.run(table_.update(one->first, std::to_string(one->second + 1)));
      return;
    }
    // The database gives the number, within the transaction.
    const std::string insert = "INSERT INTO " + table_.name + " (note) VALUES ('0')";
    std::string id = sql_.run(table_.kind == Kind::sqlite ? insert : insert + " RETURNING id");
    if (table_.kind == Kind::sqlite) id = sql_.run("SELECT last_insert_rowid()");
    pending_[std::stoll(id)] = 0;
  }
  void commit() {
    sql_.run("COMMIT");
    open_ = false;
    const std::int64_t at = TrackedTable::clock(table_.kind, sql_);
    for (const auto& [id, version] : std::exchange(pending_, {})) {
      committed[id] = version;
      log.push_back({at, id, version});
    }
  }

  struct Commit {
    std::int64_t at = 0;  ///< the database's clock just after it
    std::int64_t id = 0;
    int version = 0;
  };
  std::vector<Commit> log;
  std::map<std::int64_t, int> committed;
  Steady::time_point commit_at;

 private:
  const TrackedTable& table_;
  Sql sql_;
  bool open_ = false;
  std::map<std::int64_t, int> pending_;
};

/// A run of so many transactions with a reader beside them.
class Race {
 public:
  Race(const Case& what, const Settings& reader, const Settings& more) : what_(what), table_(what.kind) {
    Settings stream = table_.stream(what.track);
    stream.insert(stream.end(), more.begin(), more.end());
    seed_ = std::random_device{}();
    if (const char* given = std::getenv("MESHGATE_TEST_SEED")) seed_ = std::strtoull(given, nullptr, 10);
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed_));
    random_.seed(seed_);
    if (journaling()) set_up(MG_SETUP_INSTALL);
    reader_ = std::make_unique<Follower>(reader.empty() ? table_.settings : reader, stream, "race");
    for (int i = 0; i < (what.kind == Kind::sqlite ? 1 : kWriters); ++i) writers_.push_back(std::make_unique<Writer>(table_));
  }

  ~Race() {
    if (journaling()) set_up(MG_SETUP_REMOVE);
  }
  Race(const Race&) = delete;
  Race& operator=(const Race&) = delete;

  /// How many committed versions were not there when the reader claimed so; each once.
  std::size_t missed(std::size_t transactions) {
    std::size_t done = 0;
    while (done < transactions || any_open()) {
      const auto now = Steady::now();
      for (auto& writer : writers_) {
        if (!writer->open() && done < transactions && random_() % 8 == 0) writer->begin(now + length());
        if (writer->open() && random_() % 16 == 0) writer->write(random_, what_.track != "id");
        if (writer->open() && now >= writer->commit_at) writer->commit(), ++done;
      }
      if (random_() % 4 == 0) read();
      if (random_() % 16 == 0) reader_->settle();
      if (random_() % 512 == 0) reader_->reopen();
    }
    const std::int64_t end = TrackedTable::clock(what_.kind, *table_.sql);
    while (reader_->as_of <= end) read();
    EXPECT_EQ(reader_->why_gone, "");
    return wrong_;
  }

 private:
  [[nodiscard]] bool journaling() const { return what_.track == "journal"; }
  void set_up(std::int32_t action) {
    std::string text;
    Source source(table_.settings);
    EXPECT_EQ(source.setup(table_.stream(what_.track), action, false, text), MG_OK) << source.message();
  }
  milliseconds length() {
    const auto most = what_.kind == Kind::sqlite ? milliseconds(60) : kLongest;
    return milliseconds(random_() % 3 == 0 ? random_() % 50 : random_() % static_cast<std::uint64_t>(most.count()));
  }
  [[nodiscard]] bool any_open() const {
    return std::ranges::any_of(writers_, [](const auto& one) { return one->open(); });
  }
  void read() {
    if (!reader_->step()) return;
    for (auto& writer : writers_) {
      std::erase_if(writer->log, [&](const Writer::Commit& one) {
        if (one.at >= reader_->as_of) return false;
        const auto row = reader_->rows.find(one.id);
        if (row == reader_->rows.end() || std::stoi(row->second["note"]) < one.version) ++wrong_;
        return true;
      });
    }
  }

  Case what_;
  TrackedTable table_;
  std::uint64_t seed_ = 0;
  std::mt19937_64 random_;
  std::unique_ptr<Follower> reader_;
  std::vector<std::unique_ptr<Writer>> writers_;
  std::size_t wrong_ = 0;
};

/// A user who may read tables and nothing else.
Settings poor_user(Kind kind) {
  Sql sql(settings_of(kind));
  if (kind == Kind::postgresql) {
    sql.run("DO $$ BEGIN CREATE ROLE mesh_poor LOGIN PASSWORD 'poor'; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
    sql.run("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO mesh_poor");
  } else {
    sql.run("CREATE USER IF NOT EXISTS mesh_poor@'127.0.0.1' IDENTIFIED BY 'poor'");
    sql.run("GRANT SELECT ON meshgate_test.* TO mesh_poor@'127.0.0.1'");
  }
  return with(with(settings_of(kind), "uid", "mesh_poor"), "pwd", "poor");
}

class LateCommits : public testing::TestWithParam<Case> {};
class Careless : public testing::TestWithParam<Case> {};

}  // namespace

TEST_P(LateCommits, AreNeverMissed) {
  Race race(GetParam(), {}, {});
  EXPECT_EQ(race.missed(MESHGATE_TRANSACTIONS), 0U);
}

TEST_P(Careless, WithoutHorizonAndOverlapRowsAreMissed) {
  Race race(GetParam(), poor_user(GetParam().kind), {{"overlap", GetParam().track == "at" ? "0s" : "0"}});
  EXPECT_GT(race.missed(30), 0U) << "or the test above shows nothing";
}

INSTANTIATE_TEST_SUITE_P(Odbc, LateCommits,
                         testing::Values(Case{Kind::postgresql, "at"}, Case{Kind::postgresql, "id"}, Case{Kind::mariadb, "at"}, Case{Kind::mariadb, "id"},
                                         Case{Kind::sqlite, "at"}, Case{Kind::sqlite, "id"},
                                         Case{Kind::postgresql, "journal"}, Case{Kind::mariadb, "journal"}, Case{Kind::sqlite, "journal"}),
                         case_name);
INSTANTIATE_TEST_SUITE_P(Odbc, Careless,
                         testing::Values(Case{Kind::postgresql, "at"}, Case{Kind::postgresql, "id"}, Case{Kind::mariadb, "at"}, Case{Kind::mariadb, "id"}), case_name);

}  // namespace meshgate::odbc_test
