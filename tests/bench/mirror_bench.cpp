// Lines from a local server into a mirror, beside raw SQLite inserts of the same rows in transactions of the same size.
// Both take turns; the best of all rounds counts. Usage: mirror_bench [rows] [rounds]
#include <sqlite3.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include "gateway/device/mirror.hpp"
#include "mesh/lines.hpp"
#include "tests/unit/device/scripted_server.hpp"

namespace meshgate::device {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kRowsPerMark = 1000;
constexpr int kRowsPerTransaction = 10000;

/// Wall and processor time of a piece of work; the second says more on a busy machine (it includes the sending server's).
struct Spent {
  double wall = 0;
  double processor = 0;
};

class Watch {
 public:
  [[nodiscard]] Spent spent() const {
    return {std::chrono::duration<double>(Clock::now() - wall_).count(), static_cast<double>(std::clock() - processor_) / CLOCKS_PER_SEC};
  }

 private:
  Clock::time_point wall_ = Clock::now();
  std::clock_t processor_ = std::clock();
};

/// The quietest round of several that took turns: what other programs on the machine took is not counted.
void keep_best(Spent& best, const Spent& one) {
  best.wall = best.wall == 0 ? one.wall : std::min(best.wall, one.wall);
  best.processor = best.processor == 0 ? one.processor : std::min(best.processor, one.processor);
}

long most_memory_kib() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return used.ru_maxrss;
}

struct Sample {
  std::int64_t id;
  std::string rev, name, note, total, at;
  std::int64_t amount;
};

/// bigint key, two texts, int, decimal, timestamptz.
Sample sample(int i) {
  const std::string n = std::to_string(i);
  return {
      1000000 + i, {}, "customer number " + n, "a note of about forty characters, number " + n, n + ".25", "2026-01-05T10:15:09.123456Z",
      i * 7 % 1000};
}

std::string content(const Sample& row) {
  std::string out = "{\"amount\":" + std::to_string(row.amount) + ",\"at\":\"" + row.at + "\",\"id\":" + std::to_string(row.id) +
                    ",\"name\":\"" + row.name;
  return out.append("\",\"note\":\"").append(row.note).append("\",\"total\":\"").append(row.total).append("\"}");
}

Schema schema() {
  Schema out;
  out.version = 1;
  out.fields = {{"id", Type::int64, false, 1, {}},    {"name", Type::text, true, 0, {}},     {"note", Type::text, true, 0, {}},
                {"amount", Type::int64, true, 0, {}}, {"total", Type::decimal, true, 0, {}}, {"at", Type::timestamptz, true, 0, {}}};
  return out;
}

struct Stream {
  std::vector<Sample> rows;
  std::string bytes;
};

Stream make(int count) {
  Stream out;
  const Epoch epoch{{1, 1}};
  Digest digest;
  for (int i = 0; i < count; ++i) {
    Sample row = sample(i);
    const std::string text = content(row);
    const std::string id = std::to_string(row.id);
    const Revision rev{1, content_hash(id, text)};
    row.rev = rev.text();
    digest.add(rev.hash);
    append_put(out.bytes, Seq{static_cast<std::uint64_t>(i + 1)}, id, rev, Micros{1}, text);
    out.rows.push_back(std::move(row));
    const bool last = i + 1 == count;
    if (!last && (i + 1) % kRowsPerMark != 0) continue;
    Mark mark;
    mark.cursor = {epoch, Seq{static_cast<std::uint64_t>(i + 1)}, Seq{0}, Seq{0}};
    mark.caught_up = last;
    mark.count = static_cast<std::uint64_t>(count);
    mark.digest = digest;
    append_mark(out.bytes, mark);
  }
  return out;
}

Spent raw_inserts(const std::vector<Sample>& rows, const std::string& file) {
  const Watch watch;
  sqlite3* database = nullptr;
  sqlite3_open(file.c_str(), &database);
  sqlite3_exec(database,
               "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;"
               "CREATE TABLE orders(_id TEXT PRIMARY KEY NOT NULL, _rev TEXT, id INTEGER, name TEXT, note TEXT, amount INTEGER, total "
               "TEXT, at TEXT)",
               nullptr, nullptr, nullptr);
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(database, "INSERT INTO orders VALUES(?,?,?,?,?,?,?,?)", -1, &insert, nullptr);
  const auto text = [&](int at, const std::string& value) {
    sqlite3_bind_text(insert, at, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
  };
  std::size_t done = 0;
  for (const Sample& row : rows) {
    if (done % kRowsPerTransaction == 0) sqlite3_exec(database, done == 0 ? "BEGIN" : "COMMIT; BEGIN", nullptr, nullptr, nullptr);
    const std::string id = std::to_string(row.id);
    text(1, id);
    text(2, row.rev);
    sqlite3_bind_int64(insert, 3, row.id);
    text(4, row.name);
    text(5, row.note);
    sqlite3_bind_int64(insert, 6, row.amount);
    text(7, row.total);
    text(8, row.at);
    sqlite3_step(insert);
    sqlite3_reset(insert);
    ++done;
  }
  sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr);
  sqlite3_finalize(insert);
  sqlite3_close(database);
  return watch.spent();
}

Spent mirrored(const Stream& stream, const std::string& file) {
  std::string description = "{\"feeds\":[{\"feed\":\"orders\",\"uid\":\"" + std::string(32, '1') + "\",\"divided\":false,\"schema\":";
  append_json(description, schema());
  description += ",\"partitions\":[{\"partition\":\"\",\"count\":" + std::to_string(stream.rows.size()) + "}]}]}";
  test::ScriptedServer server([&](const std::string& head, test::Wire& wire) {
    wire.whole(200, head.find("/changes") == std::string::npos ? description : stream.bytes);
  });
  const Watch watch;
  MirrorOptions options;
  options.url = server.url();
  options.file = file;
  options.once = true;
  auto mirror = Mirror::open(options, {});
  auto summary = (*mirror)->run();
  if (!summary || !summary->verified()) {
    std::fprintf(stderr, "the mirror did not verify: %s\n", summary ? summary->text().c_str() : summary.error().message.c_str());
    std::exit(1);
  }
  mirror = Error{};  // closes the file, which is part of the work
  return watch.spent();
}

}  // namespace
}  // namespace meshgate::device

int main(int argc, char** argv) {
  using namespace meshgate::device;
  const int rows = argc > 1 ? std::atoi(argv[1]) : 1000000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  std::string folder = (std::filesystem::temp_directory_path() / "meshgate-bench-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) return 1;
  const Stream stream = make(rows);
  std::printf("rows %d  bytes %.1f MB\n", rows, static_cast<double>(stream.bytes.size()) / 1e6);
  Spent raw;
  Spent mirror;
  for (int round = 0; round < rounds; ++round) {
    const std::string number = std::to_string(round);
    keep_best(mirror, mirrored(stream, folder + "/mirror" + number));  // first: it sets up SQLite for both
    keep_best(raw, raw_inserts(stream.rows, folder + "/raw" + number));
  }
  std::filesystem::remove_all(folder);
  std::printf("raw inserts  %.2f s  %.0f rows/s  (processor %.2f s)\n", raw.wall, rows / raw.wall, raw.processor);
  std::printf("mirror       %.2f s  %.0f rows/s  (processor %.2f s)\n", mirror.wall, rows / mirror.wall, mirror.processor);
  std::printf("ratio %.2f  (aim 0.5; processor %.2f)\n", raw.wall / mirror.wall, raw.processor / mirror.processor);
  std::printf("most memory %ld MB, the sample included\n", most_memory_kib() / 1024);
  return 0;
}
