// A node whose feed `live` is filled on demand: the real store, serve and server in one process, and a thread that commits in the place of a source.
//
//   live_node FOLDER     prints "port P"; then for each line "FIRST COUNT RATE BYTES" on its input it commits so many changes, one a commit and RATE
//                        a second, each an item of its own of about BYTES, numbered from FIRST, and prints "done". Ends with its input.
//
// "t" is when the commit was due, so that a latency has everything: waiting for its turn, the write to the disk, the read, the way to the reader.

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <thread>

#include "gateway/net/loops.hpp"
#include "gateway/serve/serve.hpp"
#include "tests/bench/spent.hpp"
#include "tests/unit/serve/stated_access.hpp"

namespace {

using namespace meshgate;
using bench::stop;

struct NoSources final : serve::SourceStatus {
  std::optional<serve::SourceState> of(std::string_view) const override { return std::nullopt; }
};

using std::chrono::system_clock;

void commit(store::Feed& feed, std::uint64_t number, system_clock::time_point due, const std::string& pad) {
  static const std::vector<std::string> whole{""};
  store::Batch batch("changes");
  const auto id = std::to_string(number);
  const auto at = std::chrono::duration_cast<std::chrono::microseconds>(due.time_since_epoch()).count();
  batch.put(id, id, "{\"n\":" + id + ",\"pad\":\"" + pad + "\",\"t\":" + std::to_string(at) + "}", whole);
  if (const auto done = feed.commit(batch, nullptr); !done) stop(done.error().message);
}

void make_ready(store::Feed& feed) {
  Schema schema;
  schema.fields.push_back({"n", Type::int64, false, 1, ""});
  schema.fields.push_back({"pad", Type::text, false, 0, ""});
  schema.fields.push_back({"t", Type::int64, false, 0, ""});
  store::Batch batch("changes");
  batch.set_loading(false);
  if (!feed.define(schema, "rules", false) || !feed.commit(batch, nullptr)) stop("the feed cannot be made");
}

void obey(store::Feed& feed) {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  double rate = 0;
  std::size_t bytes = 0;
  while (std::cin >> first >> count >> rate >> bytes) {
    const std::string pad(std::max<std::size_t>(bytes, 50) - 50, 'x');
    const auto began = system_clock::now();
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto due = began + std::chrono::duration_cast<system_clock::duration>(std::chrono::duration<double>(static_cast<double>(i) / rate));
      std::this_thread::sleep_until(due);
      commit(feed, first + i, due, pad);
    }
    std::cout << "done" << std::endl;
  }
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) stop("usage: live_node FOLDER");
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  store::Options options;
  options.folder = words[1];
  auto store = store::Store::open(options);
  if (!store) stop(store.error().message);
  auto feed = (*store)->feed("live");
  if (!feed) stop(feed.error().message);
  make_ready(**feed);
  base::BlockingPool pool(4, 20000);
  base::Log log;
  base::Metrics metrics;
  const NoSources sources;
  net::Loops loops(std::max(1U, std::thread::hardware_concurrency()));
  serve::Serve serve(serve::Services{**store, pool, log, metrics, sources, std::make_shared<serve::test::StatedAccess>(), "bench", "0", {}});
  net::Router router;
  serve.add_routes(router);
  net::ServerOptions server;
  server.connections = server.connections_per_address = 20000;
  server.on_drain = [&serve] { serve.wake(); };
  const auto started = net::Server::start(server, std::move(router), loops, log, metrics);
  if (!started) stop(started.error().message);
  std::cout << "port " << (*started)->port() << std::endl;
  obey(**feed);
  return 0;
}
