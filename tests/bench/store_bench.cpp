#include <rocksdb/db.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "gateway/store/engine.hpp"
#include "gateway/store/keys.hpp"
#include "gateway/store/records.hpp"
#include "gateway/store/store.hpp"

/// What the store costs beside RocksDB: prints ratios of one run. `store_bench [items] [folder]`.
namespace meshgate::store {
namespace {

constexpr std::size_t kBatch = 5000;

/// Wall time, and the time this thread was computing: on a machine that does other things too only the latter can be compared.
struct Took {
  double wall = 0;
  double cpu = 0;
};

double thread_cpu() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

Took timed(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  const double cpu = thread_cpu();
  work();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), thread_cpu() - cpu};
}

void print(const char* what, double items, const Took& took) {
  std::printf("%-28s %9.0f items/s, %9.0f per second of cpu\n", what, items / took.wall, items / took.cpu);
}

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "store_bench: %s\n", why.c_str());
  std::exit(1);
}

std::string content(std::uint64_t id) {
  const std::string text = std::to_string(id);
  return R"({"amount":"12.50","customer":"customer )" + text + R"(","note":"some words about order )" + text +
         R"(","number":)" + text + R"(,"ordered":"2026-01-05T10:15:09.123456Z"})";
}

Options options(const std::filesystem::path& folder) {
  std::filesystem::remove_all(folder);
  Options out;
  out.folder = folder;
  return out;
}

/// Puts `items` items; `on` is told what each commit did.
void put_all(Feed& feed, std::uint64_t items, Seen* seen) {
  Batch batch("rows");
  const std::vector<std::string> whole{""};
  for (std::uint64_t id = 1; id <= items;) {
    batch.clear();
    for (std::size_t i = 0; i < kBatch && id <= items; ++i, ++id) {
      const std::string key = std::to_string(id);
      batch.put(key, key, content(id), whole);
    }
    batch.set_position({std::to_string(id)});
    const auto done = feed.commit(batch, seen);
    if (!done) stop(done.error().message);
  }
}

/// The same keys and values, written by a loop that does nothing else. They are made before the clock starts.
struct Prepared {
  std::vector<std::string> log_keys, lines, index_keys, entries;
};
Prepared prepare(Feed& feed, std::uint64_t items) {
  Prepared out;
  const auto page = feed.changes("", {}, {.entries = items, .bytes = ~std::uint64_t{0}});
  if (!page) stop(page.error().message);
  std::string_view rest(page->lines);
  IndexEntry entry;
  for (std::uint64_t id = 1; id <= items; ++id) {
    const std::size_t end = rest.find('\n') + 1;
    out.lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end);
    append_log_key(out.log_keys.emplace_back(), {FeedNumber{1}, PartitionNumber{0}, 1}, Seq{id});
    append_index_key(out.index_keys.emplace_back(), FeedNumber{1}, std::to_string(id));
    entry.hash = content_hash(std::to_string(id), "x");
    entry.n = 1;
    entry.number = id;
    entry.stream = StreamNumber{1};
    entry.memberships = {{PartitionNumber{0}, 1, Seq{id}, true, entry.hash}};
    encode(out.entries.emplace_back(), entry);
  }
  return out;
}

Took bare(const std::filesystem::path& folder, const Prepared& what) {
  const Options where = options(folder / "bare");
  std::filesystem::create_directories(where.folder);
  auto engine = Engine::open(where);
  if (!engine) stop(engine.error().message);
  return timed([&] {
    for (std::size_t at = 0; at < what.lines.size();) {
      rocksdb::WriteBatch batch(2U << 20U);
      for (std::size_t i = 0; i < kBatch && at < what.lines.size(); ++i, ++at) {
        batch.Put((*engine)->family(Family::log), what.log_keys[at], what.lines[at]);
        batch.Put((*engine)->family(Family::index), what.index_keys[at], what.entries[at]);
      }
      if (auto written = (*engine)->write(batch, Engine::Durably::yes); !written) stop(written.error().message);
    }
  });
}

void read_all(Feed& feed, std::uint64_t limit) {
  Cursor at;
  std::uint64_t lines = 0, bytes = 0;
  const Took took = timed([&] {
    for (bool end = false; !end;) {
      const auto page = feed.changes("", at, {.entries = limit, .bytes = ~std::uint64_t{0}});
      if (!page) stop(page.error().message);
      lines += page->entries;
      bytes += page->lines.size();
      at = page->mark.cursor;
      end = page->end;
    }
  });
  const double mega = static_cast<double>(bytes) / 1e6;
  std::printf("read, pages of %8llu: %.2f M lines/s, %.0f MB/s; per second of cpu %.2f M lines, %.0f MB\n", static_cast<unsigned long long>(limit),
              static_cast<double>(lines) / took.wall / 1e6, mega / took.wall, static_cast<double>(lines) / took.cpu / 1e6, mega / took.cpu);
}

void run(std::uint64_t items, const std::filesystem::path& folder) {
  const auto n = static_cast<double>(items);
  const auto at = options(folder / "store");
  auto store = Store::open(at);
  if (!store) stop(store.error().message);
  auto feed = (*store)->feed("orders");
  if (!feed) stop(feed.error().message);
  const Took fresh = timed([&] { put_all(**feed, items, nullptr); });
  const Took making = timed([&] {
    Batch batch("rows");
    const std::vector<std::string> whole{""};
    for (std::uint64_t id = 1; id <= items; ++id) {
      const std::string key = std::to_string(id);
      if (batch.size() == kBatch) batch.clear();
      batch.put(key, key, content(id), whole);
    }
  });
  Took loop;
  {
    const Prepared same = prepare(**feed, items);
    loop = bare(folder, same);
  }
  Seen seen;
  const Took again = timed([&] { put_all(**feed, items, &seen); });
  const Took commits{fresh.wall - making.wall, fresh.cpu - making.cpu};
  print("making batches (hashing)", n, making);
  print("bare loop", n, loop);
  print("new items, making included", n, fresh);
  print("new items, commits alone", n, commits);
  std::printf("new items beside bare loop:  %.2f with, %.2f without making batches; by cpu %.2f and %.2f\n", loop.wall / fresh.wall,
              loop.wall / commits.wall, loop.cpu / fresh.cpu, loop.cpu / commits.cpu);
  print("unchanged, making included", n, again);
  for (const std::uint64_t limit : {std::uint64_t{1000}, std::uint64_t{10000}, items}) read_all(**feed, limit);
  for (const auto& [name, value] : (*store)->figures()) std::printf("%s %llu\n", name.c_str(), static_cast<unsigned long long>(value));
}

}  // namespace
}  // namespace meshgate::store

int main(int count, char** words) {
  const std::uint64_t items = count > 1 ? std::strtoull(words[1], nullptr, 10) : 1'000'000;
  const std::filesystem::path folder = count > 2 ? words[2] : std::filesystem::temp_directory_path() / "meshgate-store-bench";
  meshgate::store::run(items, folder);
  std::filesystem::remove_all(folder);
}
